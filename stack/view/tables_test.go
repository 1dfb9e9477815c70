package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// tablesText writes the Tables of a Scene as lines.
func tablesText(w *bytes.Buffer, sc *Scene) {
	for _, tb := range sc.Tables {
		fmt.Fprintf(w, "## %s: %s (%s)\n", tb.Kind, tb.Title, tb.Tool)
		if len(tb.Rows) == 0 {
			fmt.Fprintf(w, "   %s\n", tb.Empty)
			continue
		}
		fmt.Fprintf(w, "   %s\n", strings.Join(tb.Columns, " | "))
		for _, r := range tb.Rows {
			mark := "  "
			if r.Here {
				mark = "> "
			}
			var cells []string
			for _, c := range r.Cells {
				s := c.Text
				if c.Bar > 0 {
					s += fmt.Sprintf(" [%d%%]", c.Bar-1)
				}
				if c.New {
					s += "*"
				}
				cells = append(cells, s)
			}
			fmt.Fprintf(w, " %s%s\n", mark, strings.Join(cells, " | "))
		}
	}
}

// TestTables keeps what the tables show at telling places of real captures.
func TestTables(t *testing.T) {
	var out bytes.Buffer
	for _, c := range []struct{ capture, until string }{
		{"ping", "icmp_rcv"}, {"ping", "neigh_hh_output"}, {"arp", "__neigh_event_send"}, {"arp-unanswered", "neigh_timer_handler"},
		{"tcp", "tcp_rtt_estimator"}, {"tcp", "tcp_time_wait"}, {"time-wait", "tcp_timewait_state_process"}, {"http", "tcp_conn_request"}, {"http", "tcp_clean_rtx_queue"},
		{"fragments", "ip_frag_queue"}, {"ipv6", "icmpv6_rcv"}, {"closed-ports", "tcp_v4_send_reset"}, {"zero-window", "tcp_data_queue"}, {"loss", "tcp_enter_recovery"},
	} {
		s := bundled(t, c.capture)
		if err := s.Do(Command{Verb: Until, Expr: c.until}); err != nil {
			t.Errorf("%s: %v", c.capture, err)
			continue
		}
		sc := s.Scene()
		fmt.Fprintf(&out, "\n# %s, %s, %s\n", c.capture, sc.Place(), sc.Func)
		tablesText(&out, &sc)
		for _, tb := range sc.Tables {
			if len(tb.Rows) > maxRows {
				t.Errorf("%s %s: %d rows", c.capture, tb.Kind, len(tb.Rows))
			}
			for _, r := range tb.Rows {
				if len(r.Cells) != len(tb.Columns) {
					t.Errorf("%s %s: %d cells under %d columns", c.capture, tb.Kind, len(r.Cells), len(tb.Columns))
				}
			}
		}
	}
	golden(t, "tables.txt", out.Bytes())
}
