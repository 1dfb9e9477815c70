package view

import (
	"errors"
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func (s *Session) until(fn string) error {
	st := step.ByName(strings.TrimSuffix(fn, "()"))
	if st == 0 {
		return fmt.Errorf("no kernel function %q%s", fn, similar(fn))
	}
	c, ok, err := s.k.Find(s.cursor(false), false, Match{Step: st, Filter: s.flt})
	if err != nil {
		return err
	}
	if !ok {
		return s.none("no call of " + fn + " after this step")
	}
	return s.jump(c)
}

// similar names up to four functions whose names hold the word, or as much of
// its beginning as any does.
func similar(fn string) string {
	for ; len(fn) >= 3; fn = fn[:len(fn)-1] {
		if like := holding(fn); like != nil {
			return "; try " + strings.Join(like, ", ")
		}
	}
	return ""
}

func holding(word string) (like []string) {
	step.Each(func(_ step.Step, i *step.Info) {
		if len(like) < 4 && strings.Contains(i.Func, word) {
			like = append(like, i.Func)
		}
	})
	return like
}

// filter goes to the first packet from here on that matches; the place stays
// if this one does.
func (s *Session) filter(expr string) error {
	if strings.TrimSpace(expr) == "" {
		s.flt = nil
		return nil
	}
	link := wire.LinkEthernet
	if s.k.Indexed() > 0 {
		f, err := s.k.Frame(s.frame)
		if err != nil {
			return err
		}
		link = wire.LinkKind(f.Link)
	}
	flt, err := filter.Compile(expr, link)
	if err != nil {
		return err
	}
	if s.k.Indexed() == 0 {
		s.flt = flt
		return nil
	}
	ok, err := s.matches(flt, s.frame)
	if err != nil {
		return err
	}
	if ok {
		s.flt = flt
		return nil
	}
	for _, back := range [2]bool{false, true} {
		c, ok, err := s.k.Find(s.cursor(back), back, Match{Filter: flt})
		if err != nil {
			return err
		}
		if ok {
			s.flt = flt
			return s.jump(c)
		}
	}
	return s.none("no packet matches " + flt.String())
}

func (s *Session) matches(flt *filter.Filter, frame int) (bool, error) {
	f, err := s.k.Frame(frame)
	if err != nil {
		return false, err
	}
	return flt.Match(f.Data, f.OrigLen), nil
}

func (s *Session) lookAt(kind string) error {
	if kind != "" && kindByName(kind) == step.KindNone {
		return fmt.Errorf("nothing is called %q here: skb, sk, neigh, ring, napi, qdisc, frag, req, tw", kind)
	}
	s.look = kind
	return nil
}

var errNoValue = errors.New("no such value here: name one of the panels' fields")

func (s *Session) whyValue(name string) error {
	key, ok := s.valueNamed(name)
	if !ok {
		return errNoValue
	}
	c, ok, err := s.k.LastWrite(s.cursor(false), key)
	if err != nil {
		return err
	}
	if !ok {
		return NotFoundError(key.Key.Name() + " has had this value since before the part of the capture that was looked at")
	}
	at := s.here()
	if err := s.jump(c); err != nil {
		return err
	}
	if s.here() == at {
		s.jumps = s.jumps[:len(s.jumps)-1]
	}
	s.notice = Clean(key.Key.Name() + " got its value in this step")
	return nil
}
