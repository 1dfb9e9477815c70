package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// plainWidth is how wide the lines of a lesson as text are.
const plainWidth = 78

// plainHelp is said to ?.
const plainHelp = `Enter goes on. A number answers. back: the part before. where: the place again.
quit leaves. Anything else is a command of the walk: forward, next-packet, until ip_rcv …`

// plainLesson runs a lesson as lines of text: what is written answers, goes on,
// or is a command of the walk. It ends with the lesson, or with the input. echo
// writes what is read, where no terminal does.
func plainLesson(r io.Reader, w io.Writer, s *view.Session, echo bool) error {
	in := bufio.NewScanner(r)
	shown := 0
	for {
		sc := s.Scene()
		lp := sc.Lesson
		if lp == nil {
			fmt.Fprintln(w, sentence(sc.Notice))
			return nil
		}
		if lp.Part != shown {
			plainPage(w, lp)
			shown = lp.Part
		}
		fmt.Fprint(w, plainPrompt(lp))
		if !in.Scan() {
			fmt.Fprintln(w)
			return in.Err()
		}
		line := strings.TrimSpace(in.Text())
		if echo {
			fmt.Fprintln(w, view.Clean(line))
		}
		n, err := strconv.Atoi(line)
		switch {
		case line == "quit" || line == "q":
			return nil
		case line == "?" && lp.Do != "Press ?.":
			fmt.Fprintln(w, plainHelp)
		case line == "where":
			plainWhere(w, s)
		case line == "back" && lp.DoCmd == nil:
			plainDo(w, s, view.Command{Verb: view.PrevPart})
		case err == nil && lp.Ask != "":
			if plainDo(w, s, view.Command{Verb: view.AnswerN, N: n}) {
				plainAnswer(w, s)
			}
		case line == "" || line == "?":
			plainDo(w, s, view.Command{Verb: view.NextPart})
		default:
			c, err := view.Parse(line)
			if err != nil {
				fmt.Fprintln(w, sentence(err.Error())+" ? tells what can be written here.")
			} else if plainDo(w, s, c) {
				plainWhere(w, s)
			}
		}
	}
}

// plainDo carries out a Command, and says why it cannot.
func plainDo(w io.Writer, s *view.Session, c view.Command) bool {
	err := s.Do(c)
	var other view.OtherCaptureError
	if errors.As(err, &other) || err != nil {
		fmt.Fprintln(w, sentence(view.Clean(err.Error())))
		return false
	}
	return true
}

// plainPage writes a part: its text and its question.
func plainPage(w io.Writer, lp *view.LessonPage) {
	head := fmt.Sprintf("%s, part %d of %d", lp.Title, lp.Part, lp.Parts)
	fmt.Fprintf(w, "\n%s\n%s\n", head, strings.Repeat("-", len(head)))
	item := false
	for i, p := range lp.Page {
		if !item || p.Kind != "item" {
			fmt.Fprintln(w)
		}
		item = p.Kind == "item"
		t := lp.Text[i]
		switch p.Kind {
		case "pre":
			fmt.Fprintln(w, t)
		case "item":
			for n, line := range wrap(t, plainWidth-len(p.Mark)-1) {
				if n > 0 {
					line = strings.Repeat(" ", len(p.Mark)+1) + line
				}
				fmt.Fprintln(w, line)
			}
		default:
			for _, line := range wrap(t, plainWidth) {
				fmt.Fprintln(w, line)
			}
		}
	}
	if lp.Ask == "" {
		return
	}
	fmt.Fprintln(w)
	for _, line := range wrap(lp.Ask, plainWidth) {
		fmt.Fprintln(w, line)
	}
	for i, a := range lp.Answers {
		for n, line := range wrap(a.Text, plainWidth-5) {
			if n == 0 {
				fmt.Fprintf(w, "  %d  %s\n", i+1, line)
			} else {
				fmt.Fprintf(w, "     %s\n", line)
			}
		}
	}
}

// plainAnswer writes what is said to the answer, and where the walk is now.
func plainAnswer(w io.Writer, s *view.Session) {
	lp := s.Scene().Lesson
	if lp == nil || lp.Chosen == 0 {
		return
	}
	say := lp.Says
	if lp.Answers[lp.Chosen-1].Wrong {
		say = "Not so. " + say
	}
	for _, line := range wrap(say, plainWidth) {
		fmt.Fprintln(w, line)
	}
	plainWhere(w, s)
}

// plainWhere writes the place of the walk.
func plainWhere(w io.Writer, s *view.Session) {
	sc := s.Scene()
	at := sc.Place()
	if sc.Func != "" {
		at += ": " + sc.Func
	}
	if st := sc.Lit; st != view.NoStage {
		at += " (" + st.Name() + ")"
	}
	fmt.Fprintf(w, "[%s]\n", at)
}

func plainPrompt(lp *view.LessonPage) string {
	switch {
	case lp.Do != "":
		return "\n" + lp.Do + " > "
	case lp.Ask != "" && lp.Chosen == 0:
		return fmt.Sprintf("\nYour answer, 1 to %d > ", len(lp.Answers))
	case lp.Done:
		return "\nThe lesson is done. Enter leaves it > "
	}
	return "\nEnter goes on > "
}

// sentence begins with a capital letter and ends with a period.
func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// wrap breaks text into lines of at most width bytes, at spaces.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
