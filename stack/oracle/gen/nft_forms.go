package gen

// matches are the forms of what a rule may ask for.
var matches = []form{
	// the network header
	{"4", "ip saddr «addr»"}, {"4", "ip daddr «addr»"}, {"6", "ip6 saddr «addr»"}, {"6", "ip6 daddr «addr»"},
	{"4", "ip saddr «addr»"}, {"4", "ip daddr «addr»"}, {"6", "ip6 saddr «addr»"}, {"6", "ip6 daddr «addr»"},
	{"4", "ip version 4"}, {"4", "ip hdrlength «num 15»"}, {"4", "ip dscp «op»«cs0|cs1|ef|af11|0x08»"},
	{"4", "ip dscp { cs1, ef, 0x02 }"}, {"4", "ip ecn «op»«not-ect|ect0|ect1|ce»"}, {"4", "ip length «num 300»"},
	{"4", "ip frag-off & 0x1fff «==|!=» 0"}, {"4", "ip frag-off & 0x2000 «==|!=» 0"}, {"4", "ip frag-off «cmp»0x4000"},
	{"4", "ip ttl «num 255»"}, {"4 any", "ip protocol «op»«tcp|udp|icmp|132|gre»"}, {"4 any", "ip protocol «op»{ tcp, udp, 47-60 }"},
	{"4", "ip checksum != 0"}, {"4", "ip option «rr|ra|lsrr|ssrr» «exists|missing»"}, {"4", "ip option rr «ptr|length» «cmp»«n 12»"},
	{"4", "ip option ra value 0"}, {"4", "ip saddr . ip daddr «op»{ «a4» . «a4», 10.0.0.0/24 . 10.9.0.0-10.9.0.7 }"},
	{"6", "ip6 version 6"}, {"6", "ip6 dscp «op»«cs0|cs1|ef»"}, {"6", "ip6 ecn «op»«not-ect|ect0|ce»"}, {"6", "ip6 flowlabel «cmp»«n 1048575»"},
	{"6", "ip6 flowlabel { 0, 1-500000 }"}, {"6", "ip6 length «num 200»"}, {"6 any", "ip6 nexthdr «op»«tcp|udp|ipv6-icmp|0|60»"},
	{"6 any", "ip6 nexthdr «op»{ tcp, 0, 43-60 }"}, {"6", "ip6 hoplimit «num 255»"},
	{"6", "ip6 saddr . ip6 daddr «op»{ «a6» . «a6», 2001:db8::/64 . 2001:db8:9::7-2001:db8:9::8 }"},
	// extension headers
	{"6", "exthdr «hbh|dst|frag|rt|mh» «exists|missing»"}, {"6", "hbh nexthdr «op»«tcp|udp|ipv6-icmp»"}, {"6", "hbh hdrlength «cmp»0"},
	{"6", "dst nexthdr «op»«tcp|udp|ipv6-icmp»"}, {"6", "dst hdrlength «cmp»0"}, {"6", "frag nexthdr «op»«udp|tcp»"},
	{"6", "frag id «cmp»«n 65535»"}, {"6", "frag frag-off «cmp»«n 8»"}, {"6", "frag more-fragments «0|1»"}, {"6", "frag reserved 0"},
	{"6", "rt type «0|2|!= 0»"}, {"6", "rt seg-left «cmp»1"}, {"6", "rt hdrlength «cmp»0"}, {"6", "rt nexthdr «op»«tcp|udp»"}, {"6", "rt0 addr[1] «a6»"},
	{"6", "srh last-entry «cmp»0"}, {"6", "srh tag «num 65535»"}, {"6", "srh sid[1] «a6»"}, {"6", "mh type 1"},
	// the transport header
	{"tcp udp sctp udplite", "«l4» sport «ports»"}, {"tcp udp sctp udplite", "«l4» dport «ports»"}, {"tcp udp", "«l4» sport «ports»"}, {"tcp udp", "«l4» dport «ports»"},
	{"tcp udp", "«l4» dport «op»@«ports|pivl»"}, {"tcp udp sctp udplite", "th «sport|dport» «ports»"}, {"tcp udp", "«l4» sport . «l4» dport «op»{ «p» . «range», «range» . «p» }"},
	{"tcp udp", "«l4» dport & 0x3 «==|!=» «n 4»"},
	{"tcp", "tcp flags «op»«syn|ack|fin,ack|syn,ack|psh,ack»"}, {"tcp", "tcp flags & (fin | syn | rst | ack) «==|!=» «syn|ack|0x0|fin»"},
	{"tcp", "tcp flags { syn, syn | ack, ack, rst }"}, {"tcp", "tcp flags «syn|fin|ack» / «syn,ack|fin,syn,rst,ack»"}, {"tcp", "tcp flags ! «syn|ack,fin»"},
	{"tcp", "tcp flags & «syn|ack|ecn|cwr» «==|!=» 0"}, {"tcp", "tcp sequence «cmp»«n 6000»"}, {"tcp", "tcp ackseq «cmp»«n 6000»"}, {"tcp", "tcp doff «num 15»"},
	{"tcp", "tcp reserved «op»0"}, {"tcp", "tcp window «num 2000»"}, {"tcp", "tcp checksum «op»0"}, {"tcp", "tcp urgptr «op»0"},
	{"tcp", "tcp option «eol|nop|maxseg|window|sack-perm|sack|timestamp|fastopen|mptcp|md5sig|254» «exists|missing»"}, {"tcp", "tcp option maxseg size «num 2000»"},
	{"tcp", "tcp option window count «cmp»«n 9»"}, {"tcp", "tcp option timestamp tsval «cmp»«n 9»"}, {"tcp", "tcp option timestamp tsecr «cmp»1"},
	{"tcp", "tcp option sack left «cmp»100"}, {"tcp", "tcp option sack1 right != 5"}, {"tcp", "tcp option @2,16,16 «cmp»1460"}, {"tcp", "tcp option maxseg length 4"},
	{"udp", "udp length «num 100»"}, {"udp", "udp checksum «op»0"}, {"udplite", "udplite checksum «op»0"}, {"sctp", "sctp vtag «cmp»«n 9»"},
	{"sctp", "sctp chunk «data|init|sack|abort|shutdown» «exists|missing»"}, {"sctp", "sctp chunk init initial-tsn «cmp»5"}, {"sctp", "sctp chunk data flags «cmp»3"},
	{"icmp", "icmp type «op»«echo-request|echo-reply|destination-unreachable|time-exceeded»"}, {"icmp", "icmp type { echo-request, 3-12 }"},
	{"icmp", "icmp code «op»«n 4»"}, {"icmp", "icmp id «cmp»«n 9»"}, {"icmp", "icmp sequence «cmp»«n 9»"}, {"icmp", "icmp mtu «cmp»«n 9»"}, {"icmp", "icmp checksum != 0"},
	{"icmp", "icmp type . icmp code { destination-unreachable . 0-3, echo-request . 0 }"},
	{"icmpv6", "icmpv6 type «op»«echo-request|echo-reply|destination-unreachable|nd-neighbor-solicit|packet-too-big»"}, {"icmpv6", "icmpv6 type { echo-request, 1-4 }"},
	{"icmpv6", "icmpv6 code «op»«n 5»"}, {"icmpv6", "icmpv6 id «cmp»«n 9»"}, {"icmpv6", "icmpv6 sequence «cmp»«n 9»"},
	{"4 6 any", "meta l4proto «op»«tcp|udp|icmp|ipv6-icmp|132|47»"}, {"4 6 any", "meta l4proto «op»{ tcp, udp, 40-60 }"},
	// raw
	{"4 6", "@nh,«0|8|16|32»,8 «cmp»«x 255»"}, {"tcp udp", "@th,«0|16»,16 «op»{ 22, 53, 80-443 }"}, {"tcp udp", "@ih,«0|8|32»,«8|16|32» «cmp»«x 255»"},
	{"4", "@nh,96,32 «op»0x0a000002"}, {"4 6", "@nh,4,4 «op»5"}, {"", "@ll,0,48 «op»0x020000000001"}, {"", "@ll,96,16 «op»0x0800"},
	// what is known of a packet
	{"", "meta length «num 300»"}, {"", "meta mark «num 9»"}, {"", "meta mark & «x 7» «==|!=» «n 3»"}, {"", "meta mark @marks"}, {"", "meta priority «op»«none|1:2|0:5»"},
	{"", "meta pkttype «op»«host|broadcast|multicast|other»"}, {"", "meta cpu «cmp»8"}, {"", "meta random >= 0"}, {"", "meta day >= 0"}, {"", "meta hour >= \"00:00\""}, {"", "meta time > 1000000000"},
	{"", "meta cgroup «cmp»0"}, {"ip ip6 inet prerouting input forward", "meta ipsec «exists|missing»"}, {"", "meta rtclassid «cmp»0"}, {"", "meta skuid «cmp»0"}, {"", "meta skgid «cmp»0"},
	{"ip ip6 inet", "meta protocol «op»«ip|ip6|arp|vlan»"}, {"bridge netdev none any", "meta protocol «op»«ip|ip6|arp|vlan»"}, {"ip ip6 inet", "meta protocol { ip, ip6 }"}, {"inet 4", "meta nfproto «|== »ipv4"}, {"inet 6", "meta nfproto «|== »ipv6"}, {"inet 6", "meta nfproto != ipv4"},
	{"prerouting input forward sub ingress", "iif «op»«dev»"}, {"prerouting input forward sub ingress", "iifname «op»«\"eth0\"|\"eth*\"|\"lo\"|{ \"eth1\", \"lo\" }|@devs»"},
	{"forward output postrouting sub egress", "oif «op»«dev»"}, {"forward output postrouting sub egress", "oifname «op»«\"eth0\"|\"eth*\"|\"lo\"|{ \"eth1\", \"eth*\" }|@devs»"},
	{"prerouting input forward sub ingress", "iiftype «op»ether"}, {"", "iifgroup «op»default"}, {"", "oifgroup «cmp»0"}, {"", "meta iifkind «op»\"veth\""}, {"", "meta oifkind «op»\"veth\""},
	{"ip ip6 inet input forward", "meta sdif «cmp»0"}, {"ip ip6 inet input forward", "meta sdifname \"eth0\""},
	{"prerouting input forward sub ingress", "ether saddr «op»«mac»"}, {"prerouting input forward ingress", "ether daddr «op»«mac»"}, {"ingress prerouting", "ether type «op»«ip|ip6|arp|vlan»"},
	{"prerouting input ingress", "ether saddr . ether daddr «op»{ «mac» . «mac» }"}, {"prerouting input forward ingress", "ether saddr & ff:ff:00:00:00:ff == 02:00:00:00:00:11"},
	// bridges

	{"bridge netdev none ingress prerouting forward input", "vlan id «op»«1|5|{ 5, 7-9 }»"}, {"bridge netdev none ingress", "vlan pcp «cmp»3"}, {"bridge netdev none ingress", "vlan dei 0"},
	{"bridge netdev ingress prerouting forward input none", "ether type vlan vlan id «cmp»5 vlan type «ip|ip6»"}, {"bridge netdev none", "ether type «op»«ip|ip6|arp|vlan|0x88cc»"},
	{"bridge netdev none prerouting forward input ingress", "arp operation «op»«request|reply»"}, {"bridge netdev none prerouting forward input ingress", "arp saddr ip «op»10.0.0.2"},
	// ARP
	{"arp", "arp operation «op»«request|reply|{ request, reply }|1»"}, {"arp", "arp htype «op»1"}, {"arp", "arp ptype «op»ip"}, {"arp", "arp hlen «cmp»6"}, {"arp", "arp plen «cmp»4"},
	{"arp", "arp saddr ip «op»«10.0.0.2|10.9.0.7|{ 10.0.0.2, 10.9.0.0/16 }»"}, {"arp", "arp daddr ip «op»«10.0.0.1|10.9.0.1»"}, {"arp", "arp saddr ether «op»«mac»"}, {"arp", "arp daddr ether «op»«mac»"},
	// connections
	{"ip ip6 inet", "ct state «new|established|related|invalid|untracked|{ new, established }|established,related|!= new|! invalid»"}, {"ip ip6 inet", "ct state «new|established|related|invalid|untracked|{ new, established }|established,related|!= new|! invalid»"},
	{"ip ip6 inet", "ct direction «op»«original|reply»"}, {"ip ip6 inet", "ct status «op»«seen-reply|assured|confirmed|snat|dnat|dying|expected|snat,dnat»"}, {"ip ip6 inet", "ct status ! «assured|dnat|confirmed»"},
	{"ip ip6 inet", "ct mark «num 9»"}, {"ip ip6 inet", "ct mark & «x 7» «==|!=» «n 3»"}, {"ip ip6 inet", "ct expiration «<|>|<=|>=» «11s|50s|3m|1h»"}, {"ip ip6 inet", "ct helper «op»\"ftp\""},
	{"ip ip6 inet 4", "ct l3proto «|== »ipv4"}, {"ip ip6 inet 6", "ct l3proto != ipv4"}, {"ip ip6 inet any", "ct protocol «op»«tcp|udp|icmp»"}, {"ip ip6 inet any", "ct «original|reply» protocol «op»«tcp|17»"},
	{"ip ip6 inet 4", "ct «original|reply» l3proto ipv4"}, {"ip ip6 inet 4 6", "ct «original|reply» «ip» «saddr|daddr» «op»«a»"}, {"ip ip6 inet 4 6", "ct «original|reply» «ip» «saddr|daddr» «op»«net»"},
	{"ip ip6 inet tcp udp", "meta l4proto «l4» ct «original|reply» «proto-src|proto-dst» «ports»"}, {"ip ip6 inet", "ct label «op»«1|5»"}, {"ip ip6 inet", "ct zone «cmp»0"}, {"ip ip6 inet", "ct «original|reply» zone «cmp»0"},
	{"ip ip6 inet", "ct «|original |reply »packets «cmp»«n 5»"}, {"ip ip6 inet", "ct «|original |reply »bytes «cmp»«n 500»"}, {"ip ip6 inet", "ct «|original |reply »avgpkt «cmp»«n 100»"}, {"ip ip6 inet", "ct id != 0"},
	{"ip ip6 inet", "ct state . ct mark { new . 0, established . 0-3 }"},
	// routes
	{"ip ip6 inet prerouting input forward", "fib «saddr|daddr» type «op»«local|unicast|broadcast|multicast|blackhole»"}, {"ip ip6 inet", "fib daddr type { local, broadcast, multicast }"},
	{"ip ip6 inet prerouting input forward", "fib saddr . iif type «op»local"}, {"ip ip6 inet prerouting input forward", "fib «saddr|daddr» «|. iif |. mark |. mark . iif »oif «exists|missing|\"eth0\"|!= \"eth1\"|0»"},
	{"ip ip6 inet prerouting input forward", "fib «saddr|daddr» «|. iif »oifname «op»«\"eth0\"|\"lo\"|\"eth*\"»"}, {"ip ip6 inet 4 6 forward output postrouting sub", "rt «ip» nexthop «op»«a»"},
	{"ip ip6 inet", "rt classid «cmp»0"}, {"ip ip6 inet forward output postrouting tcp", "rt mtu «cmp»«n 1501»"}, {"ip ip6 inet forward output postrouting", "rt ipsec «exists|missing»"},
	{"ip ip6 inet prerouting input", "socket «transparent|wildcard» «0|1»"}, {"ip ip6 inet prerouting input", "socket mark «cmp»0"},
	// chance that is none
	{"", "numgen inc mod «3|5» «cmp»«n 3»"}, {"", "numgen inc mod 4 offset 10 { 10, 12 }"}, {"4 6", "jhash «ip» saddr mod «3|7» seed «x 500» «cmp»«n 3»"},
	{"4 6 tcp udp", "jhash «ip» saddr . «ip» daddr . «l4» dport mod «3|8» seed 0x1 «cmp»«n 3»"}, {"4 6 tcp udp", "«ip» saddr . «l4» dport «op»{ «far» . «p», «net» . «range» }"},
	{"4 6 tcp udp", "«ip» saddr . «l4» dport «op»@«pair|pairivl»«ip»"}, {"4 6 tcp udp", "meta mark . «l4» dport { 0 . «p», 1-3 . «range» }"}, {"4 6 any", "«ip» daddr . meta l4proto «op»{ «a» . tcp, «a» . udp }"},
	{"4 6 forward", "iifname . oifname . «ip» saddr { \"eth0\" . \"eth1\" . «a» }"}, {"tcp udp", "iif . «l4» dport . meta length { \"eth0\" . «range» . 0-500 }"},
	// what counts
	{"", "limit rate «|over »«n 4»1«rate»"}, {"", "quota «|over |until »«n 9»00 bytes"}, {"ip ip6 inet", "ct count «|over »«n 4»"}, {"", "limit name \"«lim|limb»\""}, {"", "quota name \"«quo|quou»\""},
	{"tcp udp", "limit name «l4» dport map { 22 : \"lim\", 53-80 : \"limb\" }"},
}

// vmaps are the forms that end a rule by a map of verdicts.
var vmaps = []form{
	{"tcp udp", "«l4» dport vmap { «p» : «verdict» }"}, {"tcp udp", "«l4» dport vmap { 22 : «verdict», 53-400 : «verdict», 1000-65535 : «verdict» }"}, {"tcp udp", "«l4» dport vmap @vm"},
	{"4 6", "«ip» saddr vmap { «net» : «verdict», * : «verdict» }"}, {"4 6", "«ip» daddr vmap { «a» : «verdict» }"}, {"4 6 tcp udp", "«ip» saddr . meta l4proto . «l4» dport vmap @catv«ip»"},
	{"ip ip6 inet", "ct state vmap { new : «verdict», established : «verdict», invalid : drop }"}, {"", "meta mark vmap { 0 : «verdict», 1-4 : «verdict» }"}, {"4 6 any", "meta l4proto vmap { tcp : «verdict», udp : «verdict», icmp : «verdict» }"},
	{"prerouting input forward ingress", "iifname vmap { \"lo\" : «verdict», \"e*\" : «verdict» }"}, {"", "numgen inc mod 3 vmap { 0 : «verdict», 1-2 : «verdict» }"},
	{"ip ip6 inet prerouting input", "fib daddr type vmap { local : «verdict», unicast : «verdict» }"}, {"arp", "arp operation vmap { request : «plain», reply : «plain» }"},
	{"4 6 tcp udp", "«ip» daddr . «l4» sport vmap { «net» . «range» : «verdict», «far» . «p» : «verdict» }"}, {"4", "ip saddr & «255.255.255.0|0.0.0.255» vmap { 10.0.0.0 : «verdict», 0.0.0.2 : «verdict» }"},
	{"tcp", "tcp flags & (fin | syn | rst | ack) vmap { syn : «verdict», ack : «verdict», fin | ack : «verdict» }"}, {"icmp", "icmp type vmap { echo-request : «verdict», destination-unreachable : «verdict» }"},
	{"bridge netdev none", "ether type vmap { ip : «verdict», arp : «verdict» }"},
}

// statements are the forms of what a rule does.
var statements = []form{
	{"", "counter"}, {"", "counter"}, {"", "counter"}, {"", "counter packets 3 bytes 100"}, {"", "counter name \"«cnt|cnt2»\""}, {"4 6", "counter name «ip» saddr map @cm«ip»"},
	{"", "meta mark set «n 9»"}, {"", "meta mark set meta mark «&|^» 0x«1|3|7|a|f»"}, {"", "meta mark set meta mark | «x 15»"}, {"", "meta mark set meta mark << 2"}, {"ip ip6 inet", "meta mark set ct mark"},
	{"ip ip6 inet", "meta mark set ct mark & 0xff"}, {"4 6", "meta mark set «ip» saddr map { «a» : 5, «wide» : 3 }"}, {"4 6", "meta mark set «ip» daddr map @marks«ip»"}, {"tcp udp", "meta mark set «l4» dport map { 22 : 1, 53-1000 : 2, 5353 : 7 }"},
	{"", "meta mark set numgen inc mod «2|5» offset «n 4»"}, {"4 6", "meta mark set jhash «ip» saddr . «ip» daddr mod 5 seed 0x7"},
	{"", "meta priority set «1:2|none|root»"}, {"prerouting ip ip6 inet bridge", "meta pkttype set «host|other|broadcast|multicast»"}, {"", "meta nftrace set 1"}, {"4 6", "meta priority set «ip» saddr map { «a» : 1:3, «wide» : 0:4 }"},
	{"ip ip6 inet", "ct mark set «n 9»"}, {"ip ip6 inet", "ct mark set meta mark"}, {"ip ip6 inet", "ct mark set ct mark «&|^» «x 15»"}, {"ip ip6 inet", "ct mark set ct mark | «x 15»"}, {"4 6 ip ip6 inet", "ct mark set «ip» saddr map { «a» : 5, «wide» : 3 }"},
	{"ip ip6 inet", "ct label set «1|5|127»"}, {"ip ip6 inet", "ct mark set meta mark & 0x3"}, {"ip ip6 inet", "ct event set «new|destroy|new,assured»"},
	{"4 ip inet netdev bridge", "ip dscp set «cs1|ef|0x3f»"}, {"4", "ip ecn set «ce|not-ect»"}, {"4", "ip ttl set «n 200»"}, {"4", "ip id set 5"}, {"4", "ip «saddr|daddr» set «a4»"}, {"4", "ip checksum set 0x1234"}, {"4", "ip protocol set 99"},
	{"6", "ip6 dscp set «cs1|ef»"}, {"6", "ip6 ecn set «ce|not-ect»"}, {"6", "ip6 hoplimit set «n 200»"}, {"6", "ip6 flowlabel set «n 1000»"}, {"6", "ip6 «saddr|daddr» set «a6»"}, {"6", "ip6 nexthdr set 99"},
	{"tcp udp sctp udplite", "«l4» «sport|dport» set «p»"}, {"tcp", "tcp window set «n 5000»"}, {"tcp", "tcp flags set «syn|ack,psh»"}, {"tcp", "tcp urgptr set 7"}, {"tcp", "tcp sequence set 77"}, {"tcp", "tcp checksum set 0"},
	{"udp", "udp checksum set 0"}, {"udp", "udp length set 8"}, {"tcp udp", "th «sport|dport» set «p»"}, {"tcp udp", "«l4» dport set «l4» sport"}, {"tcp udp", "«l4» dport set «l4» dport map { 22 : 80, 53 : 5353, 80-1000 : 8080 }"},
	{"4", "@nh,64,8 set 0x11"}, {"tcp udp", "@th,16,16 set 0x50"}, {"tcp udp", "@ih,0,8 set 0x41"}, {"6", "@nh,56,8 set 9"}, {"ingress netdev bridge prerouting input forward", "ether «saddr|daddr» set «mac»"}, {"prerouting", "@ll,48,48 set 0x020000000044"},
	{"icmp", "icmp code set 3"}, {"icmp", "icmp id set 77"}, {"icmp", "icmp sequence set 5"}, {"icmpv6", "icmpv6 code set 3"}, {"icmpv6", "icmpv6 id set 77"},
	{"tcp", "tcp option maxseg size set «500|1400»"}, {"tcp forward output postrouting", "tcp option maxseg size set rt mtu"}, {"tcp", "tcp option timestamp tsval set 9"},
	{"tcp", "reset tcp option «maxseg|timestamp|sack-perm|window|254»"}, {"prerouting output ip ip6 inet", "notrack"},
	{"arp", "arp operation set «1|2»"}, {"arp", "arp «saddr|daddr» ip set «a4»"}, {"arp", "arp «saddr|daddr» ether set «mac»"}, {"bridge netdev none", "vlan id set «5|7»"}, {"bridge netdev none", "vlan pcp set 3"},
	{"", "log"}, {"", "log prefix \"«a|b c|x:»\" level «info|debug|emerg»"}, {"", "log group «n 9» snaplen 20"}, {"", "log flags «all|ip options|tcp sequence,options|skuid|ether»"}, {"", "log group 1 queue-threshold 5 prefix \"q\""},
	{"4 6", "«add|update» @dyn«ip» { «ip» saddr }"}, {"4 6", "«add|update» @dyn«ip» { «ip» daddr timeout 1h }"}, {"4 6", "«add|update» @dyncnt«ip» { «ip» saddr counter }"}, {"4 6", "«add|update» @dynlim«ip» { «ip» saddr limit rate 1/hour burst 2 packets }"},
	{"4 6", "«add|update» @dynlim«ip» { «ip» saddr limit rate over 1/hour burst 2 packets counter }"}, {"4 6", "delete @dyn«ip» { «ip» «saddr|daddr» }"}, {"4 6 tcp udp", "«add|update» @dynpair«ip» { «ip» saddr . «l4» dport }"},
	{"4 6", "«add|update» @dynmap«ip» { «ip» saddr : «n 9» }"}, {"4 6", "«add|update» @dynmap«ip» { «ip» saddr : meta mark }"}, {"4 6", "add @dynq«ip» { «ip» saddr quota over 200 bytes }"}, {"4 6 ip ip6 inet", "add @dyncc«ip» { «ip» saddr ct count over 2 }"},
	{"4 6", "meta mark set «ip» saddr map @dynmap«ip»"}, {"4 6 ip ip6 inet prerouting input sub", "meter m«ip» size 100 { «ip» saddr limit rate over 1/hour burst 2 packets }"},
	{"4 ip", "dup to «10.9.0.8|10.0.0.3»"}, {"4 ip", "dup to 10.9.0.8 device \"eth1\""}, {"6 ip6", "dup to 2001:db8:9::8"}, {"6 ip6", "dup to 2001:db8::3 device \"eth0\""}, {"4 ip", "dup to ip saddr map { 10.0.0.2 : 10.9.0.8, 10.9.0.7 : 10.0.0.3 } device \"eth1\""},
	{"netdev", "dup to «dev»"}, {"ip ip6 inet prerouting", "ct zone set «n 5»"}, {"ip ip6 inet prerouting output", "ct «original|reply» zone set «n 5»"}, {"ip ip6 inet prerouting", "ct zone set iif map { \"eth0\" : 1, \"eth1\" : 2 }"},
	{"prerouting 4 ip", "fib saddr . iif oif missing counter"},
}

// verdicts are the forms that end a rule.
var verdicts = []form{
	{"", "accept"}, {"", "drop"}, {"", "return"}, {"", "continue"}, {"", "jump sub"}, {"", "goto sub"}, {"", "jump deep"}, {"", "accept"}, {"", "drop"},
	{"ip input forward output sub", "reject"}, {"ip6 input forward output sub", "reject"}, {"inet input forward output", "reject"}, {"tcp ip ip6 inet input forward output", "reject with tcp reset"},
	{"4 ip inet input forward output prerouting", "reject with icmp «host-unreachable|net-unreachable|prot-unreachable|port-unreachable|net-prohibited|host-prohibited|admin-prohibited»"},
	{"6 ip6 inet input forward output prerouting", "reject with icmpv6 «no-route|admin-prohibited|addr-unreachable|port-unreachable|policy-fail|reject-route»"},
	{"inet input forward output", "reject with icmpx «no-route|admin-prohibited|host-unreachable|port-unreachable»"},
	{"bridge 4 prerouting input", "reject with icmp «host-unreachable|port-unreachable»"}, {"netdev ingress", "reject with icmpx «no-route|port-unreachable»"}, {"netdev ingress tcp", "reject with tcp reset"},
	{"netdev", "fwd to «dev»"}, {"netdev 4 egress", "fwd ip to 10.9.0.8 device \"eth1\""}, {"netdev 4 egress ingress", "fwd ip to 10.0.0.3 device \"eth0\""}, {"netdev 6 egress", "fwd ip6 to 2001:db8:9::8 device \"eth1\""},
}
