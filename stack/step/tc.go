package step

const baseTC = int(areaTC) << 8

// Traffic control's filters and actions, and where they meet a packet; the device
// ifb, to which they send.
const (
	SchHandleIngress Step = Step(baseTC + 1 + iota)
	SchHandleEgress
	TcRun
	TcfClassify
	TcfClassifyOne
	U32Classify
	FlClassify
	MallClassify
	FwClassify
	TcfActionExec
	TcfGactAct
	TcfMirredAct
	TcfMirredToDev
	TcfPoliceAct
	TcfSkbeditAct
	TcfVlanAct
	TcfPeditAct
	TcfCsumAct
	TaskletAction
	IfbXmit
	IfbRiTasklet
	endTC
)

var tcSteps = [int(endTC) - baseTC]Info{
	SchHandleIngress & 255: {"sch_handle_ingress", Core, "net/core/dev.c", "Filters hang at this device's ingress: ask them about what came in."},
	SchHandleEgress & 255:  {"sch_handle_egress", Core, "net/core/dev.c", "Filters hang at this device's egress: ask them before the packet is queued."},
	TcRun & 255:            {"tc_run", Core, "net/core/dev.c", "Count the packet and have the filters classify it."},
	TcfClassify & 255:      {"tcf_classify", Core, "net/sched/cls_api.c", "Which filter of the list does the packet match, and what does that say?"},
	TcfClassifyOne & 255:   {"__tcf_classify", Core, "net/sched/cls_api.c", "Ask the filters in order of their priorities, until one decides."},
	U32Classify & 255:      {"u32_classify", Core, "net/sched/cls_u32.c", "Compare words of the packet with the keys of each filter."},
	FlClassify & 255:       {"fl_classify", Core, "net/sched/cls_flower.c", "Take the packet's headers apart and look for a filter with these fields."},
	MallClassify & 255:     {"mall_classify", Core, "net/sched/cls_matchall.c", "A filter that every packet matches."},
	FwClassify & 255:       {"fw_classify", Core, "net/sched/cls_fw.c", "Look for a filter whose handle is the packet's mark."},
	TcfActionExec & 255:    {"tcf_action_exec", Core, "net/sched/act_api.c", "The filter's actions, one after the other, until one does not say pipe."},
	TcfGactAct & 255:       {"tcf_gact_act", Core, "net/sched/act_gact.c", "Pass, drop, go on: what the action says, maybe by chance."},
	TcfMirredAct & 255:     {"tcf_mirred_act", Core, "net/sched/act_mirred.c", "Send the packet, or a copy, to another device."},
	TcfMirredToDev & 255:   {"tcf_mirred_to_dev", Core, "net/sched/act_mirred.c", "Is that device up? Then give it the packet, with the headers that it expects."},
	TcfPoliceAct & 255:     {"tcf_police_act", Core, "net/sched/act_police.c", "Is the packet within the rate? There are two answers, for yes and for no."},
	TcfSkbeditAct & 255:    {"tcf_skbedit_act", Core, "net/sched/act_skbedit.c", "Write what goes with the packet: mark, priority, queue, type."},
	TcfVlanAct & 255:       {"tcf_vlan_act", Core, "net/sched/act_vlan.c", "Put a VLAN tag on, take one off, or change it."},
	TcfPeditAct & 255:      {"tcf_pedit_act", Core, "net/sched/act_pedit.c", "Write into the packet's headers."},
	TcfCsumAct & 255:       {"tcf_csum_act", Core, "net/sched/act_csum.c", "Compute checksums anew."},
	TaskletAction & 255:    {"tasklet_action", Core, "kernel/softirq.c", "Do what was put off until this softirq."},
	IfbXmit & 255:          {"ifb_xmit", Driver, "drivers/net/ifb.c", "The packet has been through this device's queue: it may go back."},
	IfbRiTasklet & 255:     {"ifb_ri_tasklet", Driver, "drivers/net/ifb.c", "Send each packet back to where a filter took it away."},
}

// Why a filter or an action decided. A filter is named by six values; see Chars.
const (
	WhyTcNone Why = Why(baseTC + 1 + iota)
	WhyTcNoMatch
	WhyTcVerdict
	WhyTcMatch
	WhyTcMatchClass
	WhyTcClass
	WhyTcGoto
	WhyTcNoChain
	WhyTcReclassify
	WhyTcLoop
	WhyTcGoesOn
	WhyTcSkip
	WhyU32Link
	WhyU32Deep
	WhyU32Short
	WhyGactSays
	WhyGactChance
	WhyMirredOut
	WhyMirredOutCopy
	WhyMirredIn
	WhyMirredInCopy
	WhyMirredDown
	WhyMirredLoop
	WhyMirredNest
	WhyMirredGone
	WhyPoliceConform
	WhyPoliceExceed
	WhyPoliceMTU
	WhySkbeditMark
	WhySkbeditPrio
	WhySkbeditQueue
	WhySkbeditType
	WhyTcVlanPush
	WhyTcVlanPop
	WhyTcVlanModify
	WhyTcVlanNone
	WhyPeditSet
	WhyPeditOut
	WhyCsumDone
	WhyTcNotModelled
	WhyIfbWait
	WhyIfbStranger
	WhyIfbIn
	WhyIfbOut
	WhyIfbGone
	WhyTasklets
	WhyTcBytes
	endTCWhy
)

const tcFilter = "{0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}"

var tcWhys = [int(endTCWhy) - baseTC]string{
	WhyTcNone & 255:        "There is no filter in chain 0.",
	WhyTcNoMatch & 255:     "No filter matched: the packet goes on.",
	WhyTcVerdict & 255:     "The filters say {0:chars}{1:chars}{2:chars}.",
	WhyTcMatch & 255:       "Filter " + tcFilter + " matches; it has {6} {6?action|actions}.",
	WhyTcMatchClass & 255:  "Filter " + tcFilter + " matches and names class {6:chars}{7:chars}; it has {8} {8?action|actions}.",
	WhyTcClass & 255:       "A filter names class {0:chars}{1:chars}.",
	WhyTcGoto & 255:        "An action sends the packet on to chain {0}.",
	WhyTcNoChain & 255:     "An action sends the packet to a chain that is not there: it is dropped.",
	WhyTcReclassify & 255:  "An action wants the filters asked again, from the first one on.",
	WhyTcLoop & 255:        "That was the {0}th time: the filters go round in a circle, and the packet is dropped.",
	WhyTcGoesOn & 255:      "The actions say continue: the next filter is asked.",
	WhyTcSkip & 255:        "The packet comes back from an ifb device: no action touches it again.",
	WhyU32Link & 255:       "Filter " + tcFilter + " matches: on to hash table {6:chars}, bucket {7:hex}.",
	WhyU32Deep & 255:       "Hash tables lead to each other more than {0} times: no filter is found.",
	WhyU32Short & 255:      "The packet ends before the bytes that filter " + tcFilter + " compares, at {6:int}: no further filter is asked.",
	WhyGactSays & 255:      "The action says {0:chars}{1:chars}{2:chars}.",
	WhyGactChance & 255:    "One of {0}: this is one, and the action says {1:chars}{2:chars}{3:chars}.",
	WhyMirredOut & 255:     "The packet goes out of {0:dev}.",
	WhyMirredOutCopy & 255: "A copy goes out of {0:dev}.",
	WhyMirredIn & 255:      "The packet comes in by {0:dev}.",
	WhyMirredInCopy & 255:  "A copy comes in by {0:dev}.",
	WhyMirredDown & 255:    "{0:dev} is down, or has no carrier: nothing can be sent there.",
	WhyMirredLoop & 255:    "A packet is being sent to {0:dev} already: that would be a loop.",
	WhyMirredNest & 255:    "Filters have sent the packet from device to device too often: it is dropped.",
	WhyMirredGone & 255:    "The device to which it shall go is gone.",
	WhyPoliceConform & 255: "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it conforms, and the action says {3:chars}{4:chars}{5:chars}.",
	WhyPoliceExceed & 255:  "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it exceeds, and the action says {3:chars}{4:chars}{5:chars}.",
	WhyPoliceMTU & 255:     "{0} bytes are more than the {1} that the action takes: it says {2:chars}{3:chars}{4:chars}.",
	WhySkbeditMark & 255:   "Its mark becomes {0:hex}.",
	WhySkbeditPrio & 255:   "Its priority becomes {0:chars}{1:chars}.",
	WhySkbeditQueue & 255:  "It shall use transmit queue {0}.",
	WhySkbeditType & 255:   "Its type becomes {0:pkt}.",
	WhyTcVlanPush & 255:    "It gets a tag: VLAN {0}, priority {1}.",
	WhyTcVlanPop & 255:     "Its tag of VLAN {0} is taken off.",
	WhyTcVlanModify & 255:  "Its tag becomes VLAN {0}, priority {1}.",
	WhyTcVlanNone & 255:    "It has no tag: there is nothing to do.",
	WhyPeditSet & 255:      "The four bytes at {0:int} were {1:hex} and become {2:hex}.",
	WhyPeditOut & 255:      "The packet has no four bytes at {0:int}: the action gives up.",
	WhyCsumDone & 255:      "Checksum of {0:chars}{1:chars} computed anew.",
	WhyTcNotModelled & 255: "The filter needs {0:chars}{1:chars}{2:chars}{3:chars}, which is not modelled.",
	WhyIfbWait & 255:       "{0} {0?packet waits|packets wait} for the tasklet.",
	WhyIfbStranger & 255:   "No filter sent it here: the device does not know where it belongs, and it ends.",
	WhyIfbIn & 255:         "It was on its way in by {0:dev}: it is received there now, past taps and filters.",
	WhyIfbOut & 255:        "It was on its way out of {0:dev}: it is queued there now.",
	WhyIfbGone & 255:       "The device from which it was taken is gone.",
	WhyTasklets & 255:      "{0} {0?packet goes|packets go} back.",
	WhyTcBytes & 255:       "{0} bytes are counted for it.",
}

// Which filters were passed over, and by which operand. Six values name the filter,
// four the field, six what the filter wants; then comes the packet's value.
const (
	TryTcProto Try = Try(baseTC + 1 + iota)
	TryTcDec
	TryTcHex
	TryTcIP
	TryTcMac
	TryTcDev
	TryTcMissing
	TryTcOther
	endTCTry
)

const (
	tcField = "{6:chars}{7:chars}{8:chars}{9:chars}"
	tcWant  = ", the filter wants {10:chars}{11:chars}{12:chars}{13:chars}{14:chars}{15:chars}"
)

var tcTries = [int(endTCTry) - baseTC]Tried{
	TryTcProto & 255:   {"filter", tcFilter, "the packet's protocol is {6:ether}, the filter's is {7:ether}"},
	TryTcDec & 255:     {"filter", tcFilter, tcField + " is {16}" + tcWant},
	TryTcHex & 255:     {"filter", tcFilter, tcField + " is {16:hex}" + tcWant},
	TryTcIP & 255:      {"filter", tcFilter, tcField + " is {16:ip}" + tcWant},
	TryTcMac & 255:     {"filter", tcFilter, tcField + " is {16:mac}" + tcWant},
	TryTcDev & 255:     {"filter", tcFilter, "the packet came in by {6:dev}, the filter wants {7:dev}"},
	TryTcMissing & 255: {"filter", tcFilter, "the packet has no " + tcField},
	TryTcOther & 255:   {"filter", tcFilter, tcField + " does not match"},
}
