package step

const baseIPv4 = int(areaIPv4) << 8

var ipv4Steps = [...]Info{}

var ipv4Whys = [...]string{}

var ipv4Tries = [...]Tried{}
