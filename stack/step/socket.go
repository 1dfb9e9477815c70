package step

const baseSocket = int(areaSocket) << 8

var socketSteps = [...]Info{}

var socketWhys = [...]string{}

var socketTries = [...]Tried{}
