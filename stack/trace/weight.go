package trace

import "unsafe"

// Weight is about how many bytes of memory the Log's contents take.
func (l *Log) Weight() int {
	return len(l.Events)*int(unsafe.Sizeof(Event{})) + len(l.Changes)*int(unsafe.Sizeof(Change{})) + len(l.args)*8 + len(l.bytes) +
		len(l.queues)*int(unsafe.Sizeof(queueRec{})) + len(l.pieces)*int(unsafe.Sizeof(Piece{}))
}
