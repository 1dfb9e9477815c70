// Package lessons holds the courses: Markdown files that read well on their
// own and contain `walk` blocks, the reader of that format, and what can be
// checked about a lesson without a walk. A view.Session runs them.
//
// A lesson begins with a front matter:
//
//	---
//	title: One ping up the stack
//	about: one sentence for the list of lessons
//	capture: ping          the bundled capture that is walked
//	needs: arp             lessons that come first (may be left out)
//	minutes: 12
//	---
//
// Then text and blocks take turns. The text before a block and the block are
// one part, one page for the reader; a text behind the last block is the last
// part. The lines of a block:
//
//	ask TEXT                the question; it comes first
//	- TEXT :: SAYS          a wrong answer, and why it is wrong
//	* TEXT :: SAYS          the right one
//	press VERB              the reader does this himself (a verb of view.Verbs,
//	                        or a key that is no verb: ?)
//	until STEP [where EXPR] on to the next call of a kernel function
//	packet N                to packet N of the capture
//	drop                    to the next packet that is lost
//	look OBJECT             show all fields of skb, sk, neigh …; "look" alone: what fits
//	show PANE               the pane to look at
//	expect EXPR             holds now, and did not before the line above moved
//	# TEXT                  for authors
//
// A line that begins with a space goes on with the line before it. An answer
// that says nothing itself gets the reason that the walk gives: of the
// alternatives that lost where the block leads to, the one that the answer
// names. The block moves when its question is answered, or else when the
// reader goes on.
//
// The text may hold {values} of the place where its part begins: {skb.len}, a
// header's field {icmp.type}, {says}, the sentence of the step; {was skb.len}
// is the value before the step, {key forward} the key that does a command. What
// an answer says is filled in where the block leads to. {{ is a brace.
//
// Of Markdown it reads what a lesson needs, about a hundred lines: paragraphs,
// headings, lists, fenced blocks, *emphasis*, **strong**, `code`, and
// [links](step:ip_rcv). A library would read the rest as well, which a cell of
// a terminal cannot show, and would have to be told about {values}. Anything
// else is refused, with the line and what to write instead. So are characters
// that not every terminal shows: a lesson from anywhere is safe to print.
package lessons
