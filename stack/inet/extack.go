package inet

// An Extack is what the kernel says of a request that it refuses, besides the error's
// number (struct netlink_ext_ack); 0 if it says nothing.
type Extack uint8

// What is said of routes, nexthop objects and rules.
const (
	_ Extack = iota
	AckPrefix
	AckScope
	AckRouteType
	AckNHMissing
	AckNHExclusive
	AckRejectWays
	AckHostMulti
	AckHostGateway
	AckOnlinkNoGateway
	AckNHScope
	AckNHScopeMismatch
	AckOnlinkDevice
	AckNHDown
	AckNHGateway
	AckNHDevDown
	AckPrefsrc
	AckTOS
	AckNoTable
	AckOIFMismatch
	AckGatewayMismatch
	AckGatewayBoth
	Ack6TOS
	Ack6Via
	Ack6SrcLen
	Ack6GatewayLocal
	Ack6GatewayAddr
	Ack6GatewayDevice
	Ack6NoEgress
	Ack6EgressLoopback
	Ack6Disabled
	Ack6Source
	Ack6NHIPv4
	Ack6MultiDevice
	Ack6MultiReplace
	Ack6NoMatch
	AckRuleSrc
	AckRuleDst
	AckRuleGoto
	AckRuleTarget
	AckRuleSport
	AckRuleDport
	AckRuleUID
	AckRuleTable
	AckRuleTOS
	AckRuleTOSHigh
	AckRuleNoGoto
	AckRuleL3mdev
	AckNHFamily
	AckNHDevice
	AckNHDevIndex
	AckNHOnlink
	AckNHCarrier
	AckNHGroupFamily
	AckNHGroupID
	AckNHGroupTwice
	AckNHGroupGroup
	AckNHGroupBlackhole
	AckNHReplaceGroup
	AckNHReplaceSingle
	AckNHInBlackhole
	AckNHReplaceID
	AckNHBlackholeAttr
	AckNHNoID
	AckNHWeight
)

// String is the kernel's sentence, without a full stop.
func (a Extack) String() string {
	return [...]string{
		AckPrefix:           "Invalid prefix for given prefix length",
		AckScope:            "Invalid scope",
		AckRouteType:        "Invalid route type",
		AckNHMissing:        "Nexthop id does not exist",
		AckNHExclusive:      "Nexthop specification and nexthop id are mutually exclusive",
		AckRejectWays:       "Gateway, device and multipath can not be specified for this route type",
		AckHostMulti:        "Route with host scope can not have multiple nexthops",
		AckHostGateway:      "Route with host scope can not have a gateway",
		AckOnlinkNoGateway:  "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set",
		AckNHScope:          "Nexthop has invalid scope",
		AckNHScopeMismatch:  "Scope mismatch with nexthop",
		AckOnlinkDevice:     "Nexthop device required for onlink",
		AckNHDown:           "Nexthop device is not up",
		AckNHGateway:        "Nexthop has invalid gateway",
		AckNHDevDown:        "Device for nexthop is not up",
		AckPrefsrc:          "Invalid prefsrc address",
		AckTOS:              "Invalid dsfield (tos): ECN bits must be 0",
		AckNoTable:          "FIB table does not exist",
		AckOIFMismatch:      "Nexthop device index does not match RTA_OIF",
		AckGatewayMismatch:  "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA",
		AckGatewayBoth:      "Nexthop configuration can not contain both GATEWAY and VIA",
		Ack6TOS:             "Invalid dsfield (tos): option not available for IPv6",
		Ack6Via:             "IPv6 does not support RTA_VIA attribute",
		Ack6SrcLen:          "Specifying source address requires IPV6_SUBTREES to be enabled",
		Ack6GatewayLocal:    "Gateway can not be a local address",
		Ack6GatewayAddr:     "Invalid gateway address",
		Ack6GatewayDevice:   "Nexthop has invalid gateway or device mismatch",
		Ack6NoEgress:        "Egress device not specified",
		Ack6EgressLoopback:  "Egress device can not be loopback device for this route",
		Ack6Disabled:        "IPv6 is disabled on nexthop device",
		Ack6Source:          "Invalid source address",
		Ack6NHIPv4:          "IPv6 routes can not use an IPv4 nexthop",
		Ack6MultiDevice:     "Device only routes can not be added for IPv6 using the multipath API",
		Ack6MultiReplace:    "IPv6: multipath route replace failed (check consistency of installed routes)",
		Ack6NoMatch:         "Can not replace route - no match found",
		AckRuleSrc:          "Invalid source address",
		AckRuleDst:          "Invalid dst address",
		AckRuleGoto:         "Backward goto not supported",
		AckRuleTarget:       "Missing goto target for action goto",
		AckRuleSport:        "Invalid sport range",
		AckRuleDport:        "Invalid dport range",
		AckRuleUID:          "Invalid uid range",
		AckRuleTable:        "Invalid table",
		AckRuleTOS:          "Invalid dsfield (tos): ECN bits must be 0",
		AckRuleTOSHigh:      "Invalid tos",
		AckRuleNoGoto:       "Unexpected goto",
		AckRuleL3mdev:       "l3mdev and table are mutually exclusive",
		AckNHFamily:         "Invalid address family",
		AckNHDevice:         "Device attribute required for non-blackhole and non-fdb nexthops",
		AckNHDevIndex:       "Invalid device index",
		AckNHOnlink:         "ONLINK flag can not be set for nexthop without a gateway",
		AckNHCarrier:        "Carrier for nexthop device is down",
		AckNHGroupFamily:    "Invalid family for group",
		AckNHGroupID:        "Invalid nexthop id",
		AckNHGroupTwice:     "Nexthop id can not be used twice in a group",
		AckNHGroupGroup:     "Hash-threshold group can not be a nexthop within a group",
		AckNHGroupBlackhole: "Blackhole nexthop can not be used in a group with more than 1 path",
		AckNHReplaceGroup:   "Can not replace a nexthop group with a nexthop",
		AckNHReplaceSingle:  "Can not replace a nexthop with a nexthop group",
		AckNHInBlackhole:    "Blackhole nexthop can not be a member of a group with more than one path",
		AckNHReplaceID:      "Replace requires nexthop id",
		AckNHBlackholeAttr:  "Blackhole attribute can not be used with gateway, oif, encap or fdb",
		AckNHNoID:           "Nexthop id is missing",
		AckNHWeight:         "Invalid value for weight",
	}[a]
}
