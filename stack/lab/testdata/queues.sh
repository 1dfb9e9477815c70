ip netns add hoA; ip netns add hoB
ip link add e0 netns hoA type veth peer name e0 netns hoB
ip -n hoA link add q0 numrxqueues 4 numtxqueues 3 type veth peer name q1 numtxqueues 1 numrxqueues 1
ip netns exec hoA sh -c '
ethtool -l q0; ethtool -l q1; ethtool -l e0; ethtool -g e0; echo $?
ethtool -L q0 rx 4 tx 3; echo $?; ls /sys/class/net/q0/queues;  ethtool -L q0 rx 1; echo $?
for a in "rx 5" "tx 9" "rx 2 tx 9" "combined 1" "rx 0" "rx 0 tx 0" "rx 2 tx 1" "rx 2" "other 1" "combined 0" "foo 1" "rx" "rx x" "rx -1" "" "tx 0"; do ethtool -L q0 $a; echo "[$a] $?"; done; ethtool -L q0 rx 2 tx 2;  ls /sys/class/net/q0/queues; ethtool -L q0 rx 2 tx 2; echo $?
ethtool -L lo rx 1; echo $?; ethtool -L nosuch rx 1; echo $?;  ethtool -l nosuch; echo $?; ethtool -l lo; echo $?
for o in -x -n -u; do echo "== $o"; ethtool $o e0; echo $?; done
for a in "-n e0 rx-flow-hash udp4" "-N e0 rx-flow-hash udp4 sdfn" "-X e0 equal 2" "-X e0 weight 1 1" "-X e0 default" "-X e0 hkey 00:11" "-X e0" "-X e0 equal" "-X e0 foo" "-X e0 weight" "-X e0 equal 1 weight 1" "-X e0 start 1" "-X e0 equal 2 default" "-X e0 delete" "-X e0 context new" "-x e0 context 1" "-x e0 foo" "-x lo" "-x nosuch" "-X nosuch equal 1" "-n nosuch" "-n nosuch rx-flow-hash tcp4" "-N nosuch rx-flow-hash tcp4 sd" "-n e0 rx-flow-hash foo" "-N e0 rx-flow-hash udp4 xx" "-N e0 rx-flow-hash" "-N e0" "-n e0 foo" "--show-rxfh e0" "--rxfh e0 equal 1" "--show-nfc e0" "-G e0 foo 1" "-G e0 rx" "-G e0 rx x"; do ethtool $a; echo "[$a] $?"; done
ip link set q0 up; ip link set q1 up; cat /sys/class/net/q0/carrier_changes; ethtool -L q0 rx 1; 
'
ip netns del hoA; ip netns del hoB
ip netns add hoA; ip netns add hoB
ip link add e0 netns hoA type veth peer name e0 netns hoB
ip -n hoA link add q0 numrxqueues 4 numtxqueues 3 type veth peer name q1 numtxqueues 1 numrxqueues 1
ip netns exec hoA sh -c '
cd /sys/class/net/e0/queues; ls; ls rx-0 tx-0
for f in rx-0/rps_cpus rx-0/rps_flow_cnt tx-0/traffic_class tx-0/tx_maxrate tx-0/tx_timeout tx-0/xps_cpus tx-0/xps_rxqs; do echo "$f: $(cat $f)"; done
for v in 1 2 3 4 0 ff 00000003 1,1 x "" "1 2" 0x1 -1; do echo "$v" > rx-0/rps_cpus; echo "[$v] $? $(cat rx-0/rps_cpus)"; done
for v in 1 2 3 4 0 x; do echo $v > tx-0/xps_cpus; echo "xps [$v] $? $(cat tx-0/xps_cpus)"; done
for v in 0 x; do echo $v > tx-0/xps_rxqs; echo "rxqs [$v] $? $(cat tx-0/xps_rxqs)"; done
for v in 0 x -1; do echo $v > rx-0/rps_flow_cnt; echo "cnt [$v] $? $(cat rx-0/rps_flow_cnt)"; done
echo 1 > tx-0/tx_maxrate
cat /sys/class/net/q1/queues/tx-0/xps_cpus; echo 1 > /sys/class/net/q1/queues/tx-0/xps_cpus
ls /sys/class/net/lo/queues
ip -d link show q0 | grep -o "num.xqueues ."
cat rx-1/rps_cpus
'
ip -n hoA link add z0 numrxqueues 0 type veth; ip -n hoA link add z0 numtxqueues 5000 type veth;  ip -n hoA link add z0 numrxqueues 5000 type veth
ip -n hoA link add z0 numtxqueues 4294967296 type veth; ip -n hoA link add z0 numtxqueues -1 type veth; ip -n hoA link add z0 numtxqueues x type veth;  ip -n hoA link add z0 type veth peer name z1 numtxqueues 0
ip netns exec hoA sh -c 'for v in 3 4 x 0 1,0 ""; do echo "$v" > /proc/sys/net/core/rps_default_mask; echo "[$v] $? $(cat /proc/sys/net/core/rps_default_mask)"; done; sysctl net.core.rps_default_mask=7; echo 2 > /proc/sys/net/core/rps_default_mask; ip link add w0 numrxqueues 2 type veth; ethtool -L q0 rx 4; cat /sys/class/net/w0/queues/rx-1/rps_cpus /sys/class/net/q0/queues/rx-3/rps_cpus  /sys/class/net/q0/queues/rx-1/rps_cpus'
taskset -c 0,1 nproc; nproc --all; taskset -c 0 nproc; taskset 1 nproc; taskset -c 0-1 nproc; taskset -c x true; echo $?; taskset -c 0 nosuch; echo $?; taskset; echo $?
ip netns del hoA; ip netns del hoB
