package step

const baseUDP = int(areaUDP) << 8

var udpSteps = [...]Info{}

var udpWhys = [...]string{}

var udpTries = [...]Tried{}
