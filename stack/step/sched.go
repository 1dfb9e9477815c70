package step

const baseSched = int(areaSched) << 8

var schedSteps = [...]Info{}

var schedWhys = [...]string{}

var schedTries = [...]Tried{}
