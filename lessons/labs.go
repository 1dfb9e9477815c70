package lessons

import (
	"embed"
	"io/fs"
	"sort"
	"strings"
	"sync"
)

//go:embed labs/*.sh
var labFiles embed.FS

// A LabInfo is what a bundled lab says of itself in the comments that it begins
// with: a line "# lab: NAME", a title, a text, and the recorded scenarios that
// it does again ("# like: c19_policy_fwmark").
type LabInfo struct {
	Name  string   // of the file, without .sh
	Title string   // one line
	About string   // what one sees and what to try; lines are joined
	Like  []string // recorded scenarios
	Text  string   // the script
}

var allLabs = sync.OnceValue(func() []LabInfo {
	list, err := fs.Glob(labFiles, "labs/*.sh")
	if err != nil {
		return nil
	}
	sort.Strings(list)
	var labs []LabInfo
	for _, f := range list {
		b, err := labFiles.ReadFile(f)
		if err != nil {
			continue
		}
		labs = append(labs, labInfo(strings.TrimSuffix(strings.TrimPrefix(f, "labs/"), ".sh"), string(b)))
	}
	return labs
})

// Labs are the labs that come with packetwalk, by name: shell scripts that build
// a network and ask it questions. It is the same each time: do not change it.
func Labs() []LabInfo { return allLabs() }

// Lab is the script of a bundled lab, by its name ("two-hosts", or
// "two-hosts.sh").
func Lab(name string) (text string, ok bool) {
	name = strings.TrimSuffix(name, ".sh")
	for _, l := range allLabs() {
		if l.Name == name {
			return l.Text, true
		}
	}
	return "", false
}

// labInfo reads the comments that a lab begins with.
func labInfo(name, text string) LabInfo {
	l := LabInfo{Name: name, Text: text}
	for line := range strings.Lines(text) {
		s, ok := strings.CutPrefix(strings.TrimSpace(line), "#")
		if !ok {
			break
		}
		s = strings.TrimSpace(s)
		like, isLike := strings.CutPrefix(s, "like:")
		switch {
		case s == "", strings.HasPrefix(s, "lab:"), strings.HasPrefix(s, "!"):
		case isLike:
			l.Like = append(l.Like, strings.Fields(like)...)
		case l.Title == "":
			l.Title = s
		case l.About == "":
			l.About = s
		default:
			l.About += " " + s
		}
	}
	return l
}
