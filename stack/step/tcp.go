package step

const baseTCP = int(areaTCP) << 8

var tcpSteps = [...]Info{}

var tcpWhys = [...]string{}

var tcpTries = [...]Tried{}
