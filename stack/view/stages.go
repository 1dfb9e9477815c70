package view

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A StageID is a place of the map of the stack: a packet climbs on the left,
// goes across when it is for somebody else, and descends on the right.
type StageID uint16

// The stages.
const (
	NoStage StageID = iota
	UpWire
	UpRing
	UpIRQ
	UpGRO
	UpTaps
	UpPre
	UpRoute
	UpLocalIn
	UpTransport
	UpSocket
	UpApp
	Forwarding
	DownApp
	DownSocket
	DownTransport
	DownRoute
	DownLocalOut
	DownPost
	DownNeigh
	DownQdisc
	DownRing
	DownWire
	NumStages
)

var stageNames = [NumStages]string{
	"", "wire", "NIC ring", "IRQ, softirq", "GRO", "taps, protocols", "PRE_ROUTING", "routing", "LOCAL_IN", "transport", "socket", "application",
	"FORWARD", "application", "socket", "transport", "routing", "LOCAL_OUT", "POST_ROUTING", "neighbour", "qdisc", "TX ring", "wire",
}

// Name is the stage's name for people.
func (i StageID) Name() string { return stageNames[i] }

// Up reports whether the stage is on the way up.
func (i StageID) Up() bool { return i >= UpWire && i <= UpApp }

// Down reports whether the stage is on the way down.
func (i StageID) Down() bool { return i >= DownApp && i <= DownWire }

// sides is where a function is on the map, by the way that the packet goes.
// Both zero: wherever its caller is.
type sides struct{ up, down StageID }

func only(i StageID) sides {
	if i.Down() || i == Forwarding {
		return sides{down: i}
	}
	return sides{up: i}
}

// stageTable says where each function is. A function that is not here is
// placed by its layer (byLayer).
var stageTable = makeTable(map[StageID]string{
	UpRing: `igb_clean_rx_irq igb_build_skb igb_alloc_rx_buffers veth_xdp_rcv eth_type_trans virtnet_receive receive_buf
		igb_process_skb_fields`,
	UpIRQ: `igb_msix_ring __napi_schedule net_rx_action __napi_poll igb_poll veth_poll process_backlog run_ksoftirqd
		enqueue_to_backlog netif_rx_internal __netif_rx netif_rx napi_complete_done virtnet_poll
		get_rps_cpu net_rps_send_ipi rps_trigger_softirq flush_backlog`,
	UpGRO: `gro_receive_skb napi_gro_receive dev_gro_receive napi_gro_complete napi_gro_flush napi_skb_finish inet_gro_receive ipv6_gro_receive
		tcp4_gro_receive tcp6_gro_receive tcp_gro_receive udp4_gro_receive udp6_gro_receive tcp_gro_complete tcp4_gro_complete tcp6_gro_complete
		inet_gro_complete ipv6_gro_complete
		skb_gro_receive udp_gro_receive skb_gro_receive_list udp4_lib_lookup_skb udp6_lib_lookup_skb`,
	UpTaps: `__netif_receive_skb __netif_receive_skb_core __netif_receive_skb_one_core __netif_receive_skb_list_core netif_receive_skb
		netif_receive_skb_internal netif_receive_skb_list_internal skb_vlan_untag deliver_skb packet_rcv vlan_do_receive arp_rcv arp_process sch_handle_ingress`,
	UpPre: `ip_rcv ip_rcv_core ip_list_rcv ip_rcv_finish ip_rcv_options ip_options_compile ipv6_rcv ip6_rcv_core ip6_rcv_finish ipv6_list_rcv
		ipv6_parse_hopopts ip_sublist_rcv ip6_sublist_rcv
		ip_options_rcv_srr ip6_parse_tlv ip6_tlvopt_unknown ipv6_hop_ra ipv6_hop_jumbo __ip_options_echo`,
	UpRoute: `ip_rcv_finish_core ip_route_input_noref ip_route_input_rcu ip_route_input_slow ip_route_input_mc fib_validate_source __fib_validate_source
		ip_mkroute_input __mkroute_input tcp_v4_early_demux tcp_v6_early_demux udp_v4_early_demux udp_v6_early_demux ip6_route_input
		ip6_route_input_lookup ip6_rcv_finish_core ip_error dst_input ip6_pkt_discard ip6_pkt_prohibit ip_route_use_hint ip_mc_validate_source`,
	UpLocalIn: `ip_local_deliver ip_local_deliver_finish ip_protocol_deliver_rcu ip_defrag ip_frag_queue ip_frag_reasm ip_expire ip6_input
		ip6_input_finish ip6_protocol_deliver_rcu ipv6_frag_rcv ip6_frag_queue ip6_frag_reasm ip6_frag_expire ipv6_destopt_rcv ipv6_rthdr_rcv
		ip6_mc_input ip_call_ra_chain inet_frag_queue_insert
		inet_frag_find inet_frag_reasm_prepare inet_frag_reasm_finish inet_frag_destroy inet_frag_rbtree_purge inet_frag_kill`,
	UpTransport: `tcp_v4_rcv tcp_v6_rcv udp_rcv udpv6_rcv __udp4_lib_rcv __udp6_lib_rcv icmp_rcv icmpv6_rcv igmp_rcv igmp6_event_query ping_rcv
		icmp_echo icmp_unreach icmp_redirect icmp_timestamp icmp_discard icmp_socket_deliver icmpv6_notify raw_local_deliver raw6_local_deliver ndisc_rcv ndisc_recv_ns
		ndisc_recv_na ndisc_recv_rs ndisc_router_discovery ndisc_redirect_rcv tcp_v4_do_rcv tcp_v6_do_rcv tcp_rcv_established tcp_rcv_state_process
		tcp_rcv_synsent_state_process tcp_validate_incoming tcp_ack tcp_data_queue tcp_data_queue_ofo tcp_queue_rcv tcp_try_coalesce tcp_ofo_queue tcp_fin tcp_reset
		tcp_conn_request tcp_v4_conn_request tcp_v6_conn_request tcp_check_req tcp_child_process tcp_timewait_state_process tcp_v4_err tcp_v6_err
		tcp_clean_rtx_queue tcp_sacktag_write_queue tcp_fastretrans_alert __inet_lookup_skb __inet_lookup_established __inet_lookup_listener
		__inet6_lookup_established inet6_lookup_listener udp_err udpv6_err __udp4_lib_err __udp6_lib_err tcp_v4_syn_recv_sock tcp_v6_syn_recv_sock
		tcp_create_openreq_child tcp_add_backlog tcp_finish_connect tcp_sequence tcp_v4_fill_cb __udp4_lib_lookup __udp6_lib_lookup
		udp_unicast_rcv_skb udp6_unicast_rcv_skb __udp4_lib_mcast_deliver __udp6_lib_mcast_deliver raw_icmp_error raw6_icmp_error ping_err ping_lookup tcp_rcv_fastopen_synack
		icmp_err icmpv6_err __ip_rt_update_pmtu __ip_do_redirect ip6_update_pmtu __ip6_rt_update_pmtu rt6_do_redirect udp4_lib_lookup1 udp4_lib_lookup2 udp6_lib_lookup2`,
	UpSocket: `__sock_queue_rcv_skb sock_queue_rcv_skb_reason sock_def_readable tcp_data_ready sock_rfree release_sock __release_sock udp_queue_rcv_skb
		udpv6_queue_rcv_skb udp_queue_rcv_one_skb udpv6_queue_rcv_one_skb __udp_queue_rcv_skb __udp_enqueue_schedule_skb raw_rcv rawv6_rcv ip_icmp_error ipv6_icmp_error
		inet_csk_reqsk_queue_add sock_def_error_report tcp_rcv_space_adjust`,
	UpApp: `tcp_recvmsg tcp_recvmsg_locked udp_recvmsg udpv6_recvmsg raw_recvmsg rawv6_recvmsg ping_recvmsg packet_recvmsg __skb_recv_udp inet_recvmsg
		inet6_recvmsg sock_recvmsg __sys_recvfrom inet_accept inet_csk_accept __sys_accept4 tcp_cleanup_rbuf skb_copy_datagram_iter`,
	Forwarding: `ip_forward ip_forward_finish ip_forward_options ip6_forward ip6_forward_finish ip_decrease_ttl`,
	DownApp: `__sys_sendto __sys_connect __sys_socket __sys_bind __sys_listen __sys_shutdown __sys_close __sock_sendmsg inet_sendmsg inet6_sendmsg
		packet_sendmsg`,
	DownSocket: `tcp_sendmsg tcp_sendmsg_locked tcp_connect tcp_v4_connect tcp_v6_connect inet_stream_connect udp_sendmsg udpv6_sendmsg raw_sendmsg rawv6_sendmsg
		ping_v4_sendmsg ping_v6_sendmsg inet_autobind __inet_bind __inet6_bind inet_bind inet_listen tcp_close __tcp_close tcp_shutdown udp_lib_get_port
		inet_csk_get_port inet_csk_listen_start inet_hash_connect __inet_hash_connect ping_get_port ping_bind raw_bind sock_wfree sock_def_write_space __ip4_datagram_connect __ip6_datagram_connect
		udp_connect udpv6_connect tcp_disconnect sk_stream_wait_memory sk_stream_write_space tcp_stream_memory_free inet_create
		__sys_setsockopt __sys_getsockopt sock_close inet_release inet_dgram_connect inet_shutdown ip_mc_join_group ip_mc_leave_group udp_lib_unhash udp_destroy_sock`,
	DownTransport: `tcp_push __tcp_push_pending_frames tcp_write_xmit __tcp_transmit_skb tcp_transmit_skb tcp_send_ack __tcp_send_ack tcp_send_fin
		tcp_send_dupack tcp_send_challenge_ack tcp_send_active_reset tcp_v4_send_reset tcp_v6_send_reset tcp_v4_send_ack tcp_v6_send_ack tcp_v4_send_synack
		tcp_v6_send_synack tcp_make_synack tcp_retransmit_skb __tcp_retransmit_skb tcp_xmit_retransmit_queue tcp_retransmit_timer tcp_write_timer
		tcp_write_timer_handler tcp_delack_timer tcp_delack_timer_handler tcp_keepalive_timer tcp_probe_timer tcp_send_probe0 tcp_write_wakeup tcp_xmit_probe_skb
		tcp_send_loss_probe tcp_nagle_test tcp_cwnd_test tcp_snd_wnd_test tcp_tso_should_defer tcp_event_new_data_sent tcp_v4_send_check tcp_v6_send_check
		tcp_select_window __tcp_select_window tcp_established_options tcp_rtx_synack tcp_fragment tso_fragment udp_send_skb udp_v6_send_skb udp_push_pending_frames
		raw_send_hdrinc rawv6_send_hdrinc icmp_reply __icmp_send icmp_send icmp6_send icmpv6_echo_reply icmp_push_reply icmpv6_push_pending_frames ndisc_send_ns ndisc_send_na
		ndisc_send_rs ndisc_send_skb ndisc_send_redirect mld_sendpack mld_send_report igmp_send_report igmpv3_sendpack igmp_heard_query igmp_timer_expire ip_rt_send_redirect
		inet_rtx_syn_ack reqsk_timer_handler
		igmp_ifc_timer_expire igmp_gq_timer_expire igmp_group_added igmp_group_dropped __mld_query_work __mld_report_work icmpv6_xrlim_allow`,
	DownRoute: `ip_route_output_flow ip_route_output_key_hash ip_route_output_key_hash_rcu __mkroute_output ip6_route_output_flags ip6_dst_lookup_flow
		ip6_dst_lookup_tail ip_queue_xmit __ip_queue_xmit ip_make_skb __ip_append_data __ip_make_skb ip_append_data ip6_append_data __ip6_append_data ip6_make_skb __ip6_make_skb
		inet6_csk_xmit ip6_xmit ip_build_and_send_pkt ip_send_unicast_reply ip_push_pending_frames ip6_push_pending_frames inet_sk_rebuild_header
		icmp_route_lookup icmpv6_route_lookup ip_route_me_harder inet_select_addr ipv6_dev_get_saddr ip6_pkt_discard_out ip6_pkt_prohibit_out dst_discard_out ip_local_error ip_rt_bug ip_options_build`,
	DownLocalOut: `ip_local_out __ip_local_out ip6_local_out __ip6_local_out ip_send_skb ip6_send_skb`,
	DownPost: `ip_output ip_finish_output __ip_finish_output ip_fragment ip_do_fragment ip_mc_output ip6_output ip6_finish_output __ip6_finish_output
		ip6_fragment ip_frag_next ip_finish_output_gso
		ip_mc_finish_output`,
	DownNeigh: `ip_finish_output2 ip6_finish_output2 neigh_resolve_output neigh_connected_output neigh_hh_output neigh_direct_output neigh_lookup ___neigh_create
		__neigh_create __neigh_event_send neigh_event_send __neigh_update neigh_update neigh_timer_handler neigh_invalidate neigh_probe arp_solicit arp_send_dst arp_create
		arp_xmit ndisc_solicit ip_neigh_gw4 neigh_event_ns arp_error_report ndisc_error_report arp_send
		ipv4_link_failure ip6_link_failure arp_constructor neigh_xmit`,
	DownQdisc: `__dev_queue_xmit dev_queue_xmit netdev_pick_tx __dev_xmit_skb __qdisc_run qdisc_restart sch_direct_xmit validate_xmit_skb __skb_gso_segment skb_checksum_help
		pfifo_fast_enqueue pfifo_fast_dequeue pfifo_enqueue fq_codel_enqueue fq_codel_dequeue fq_enqueue fq_dequeue tbf_enqueue tbf_dequeue htb_enqueue htb_dequeue netem_enqueue
		netem_dequeue noop_enqueue skb_gso_segment netdev_core_pick_tx sch_handle_egress tcp_gso_segment tcp4_gso_segment tcp6_gso_segment inet_gso_segment
		ipv6_gso_segment udp4_ufo_fragment udp6_ufo_fragment skb_mac_gso_segment skb_segment vlan_dev_hard_start_xmit
		bfifo_enqueue pfifo_tail_enqueue prio_enqueue prio_dequeue htb_dequeue_tree codel_qdisc_enqueue codel_qdisc_dequeue fq_codel_drop tbf_segment
		qdisc_watchdog qdisc_reset __rtnl_unlock pfifo_fast_reset`,
	DownRing: `dev_hard_start_xmit xmit_one netdev_start_xmit igb_xmit_frame igb_tx_map igb_clean_tx_irq veth_xmit loopback_xmit net_tx_action dev_queue_xmit_nit
		__dev_forward_skb2`,
	NoStage: `sk_skb_reason_drop kfree_skb_reason consume_skb skb_clone alloc_skb __alloc_skb nf_hook_slow`,
})

// eitherTable are functions that both ways use: the caller tells which.
var eitherTable = func() map[string]sides {
	t := map[string]sides{}
	for _, fn := range strings.Fields(`fib_table_lookup __fib_lookup fib_select_multipath fib6_rule_lookup ip6_pol_route fib6_table_lookup
		__inet_dev_addr_type update_or_create_fnhe ip_check_mc_rcu ip6_pkt_drop`) {
		t[fn] = sides{UpRoute, DownRoute}
	}
	return t
}()

// setUp are functions by which a command sets the host up: what they call without
// a packet has no place on a packet's way.
var setUp = func() map[string]bool {
	t := map[string]bool{}
	for _, fn := range strings.Fields(`fib_table_insert fib_table_delete fib_check_nh_v4_gw fib_nl_newrule __inet_insert_ifa __inet_del_ifa
		inet6_addr_add addrconf_notify`) {
		t[fn] = true
	}
	return t
}()

func makeTable(by map[StageID]string) map[string]sides {
	t := map[string]sides{}
	for id := NoStage; id < NumStages; id++ {
		for _, fn := range strings.Fields(by[id]) {
			t[fn] = only(id)
		}
	}
	return t
}

// byLayer is where a function is that the table does not name.
var byLayer = [...]sides{
	step.Driver:    {UpRing, DownRing},
	step.Core:      {},
	step.Netfilter: {},
	step.Network:   {},
	step.Transport: {UpTransport, DownTransport},
	step.Socket:    {UpSocket, DownSocket},
	step.App:       {UpApp, DownApp},
}

func stageOf(s step.Step) sides {
	i := s.Info()
	if p, ok := stageTable[i.Func]; ok {
		return p
	}
	if p, ok := eitherTable[i.Func]; ok {
		return p
	}
	return byLayer[i.Layer]
}

// looksOnly are the poll's looks at the ring of the other direction: what it
// finds there is not this packet, so it is no place of its way.
func looksOnly(s step.Step, out bool) bool {
	switch s.Info().Func {
	case "igb_clean_tx_irq":
		return !out
	case "igb_clean_rx_irq":
		return out
	}
	return false
}

// stagesOf places each event of a story on the map. out: the frame was sent by
// this host.
func stagesOf(log *trace.Log, story []int, out bool) []StageID {
	list := make([]StageID, len(story))
	type call struct {
		depth uint8
		id    StageID
		setUp bool
	}
	var open []call
	down := out
	last := NoStage
	for n, at := range story {
		e := &log.Events[at]
		for len(open) > 0 && open[len(open)-1].depth >= e.Depth {
			open = open[:len(open)-1]
		}
		up := last
		if len(open) > 0 {
			up = open[len(open)-1].id
		}
		id := up
		switch e.Kind {
		case trace.Frame:
			id = UpWire
			if e.Code != 0 {
				id = DownWire
			}
		case trace.Call:
			p := stageOf(step.Step(e.Code))
			aside := e.Pkt == 0 && (setUp[step.Step(e.Code).Info().Func] || len(open) > 0 && open[len(open)-1].setUp)
			if looksOnly(step.Step(e.Code), out) {
				p = sides{}
			}
			if up != NoStage {
				down = up.Down()
			}
			switch {
			case aside:
				id = NoStage
			case p.up == NoStage && p.down == NoStage:
			case p.up == NoStage || p.down != NoStage && down:
				id = p.down
			default:
				id = p.up
			}
			open = append(open, call{e.Depth, id, aside})
		case trace.End:
			switch o := trace.Outcome(e.Code); {
			case o == trace.Delivered && id == NoStage:
				id = UpApp
			case o == trace.Forwarded && stageOf(e.Fn).down == Forwarding:
				id = Forwarding
			}
		}
		list[n], last = id, id
	}
	return list
}
