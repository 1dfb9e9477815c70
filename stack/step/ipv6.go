package step

const baseIPv6 = int(areaIPv6) << 8

var ipv6Steps = [...]Info{}

var ipv6Whys = [...]string{}

var ipv6Tries = [...]Tried{}
