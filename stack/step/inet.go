package step

const baseInet = int(areaInet) << 8

var inetSteps = [...]Info{}

var inetWhys = [...]string{}

var inetTries = [...]Tried{}
