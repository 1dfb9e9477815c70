package lab

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack"
)

// ip, tc and bridge read commands from files; they stop at the first that fails, unless
// -force is given. The expectations are the real tools' (iproute2 6.1).
func TestBatch(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"printf 'qdisc add dev e0 root handle 1: pfifo limit 9\\n# no\\n\\nqdisc del dev e1 root\\nqdisc del dev e0 root\\n' > /tmp/b; tc -b /tmp/b; echo $?; tc qdisc show dev e0; tc -force -batch /tmp/b; echo $?; tc qdisc show dev e0",
			"Error: Cannot delete qdisc with handle of zero.\nCommand failed /tmp/b:4\n1\nqdisc pfifo 1: root refcnt 3 limit 9p\n" +
				"Error: Exclusivity flag on, cannot modify.\nCommand failed /tmp/b:1\nError: Cannot delete qdisc with handle of zero.\nCommand failed /tmp/b:4\n1\nqdisc noqueue 0: root refcnt 2 \n"},
		{"echo 'qdisc show dev e1' | tc -b -; echo $?; tc -b /nofile; echo $?", "qdisc noqueue 0: root refcnt 2 \n0\nCannot open file \"/nofile\" for reading: No such file or directory\n1\n"},
		{"ip netns add x; ip -n x link set lo up; tc -n x qdisc show dev lo; tc -n y qdisc; echo $?", "qdisc noqueue 0: root refcnt 2 \nCannot open network namespace \"y\": No such file or directory\n255\n"},
		{"printf 'link set e0 mtu 1300\\nlink set xx up\\nlink set e0 mtu 1200\\n' > /tmp/b; ip -b /tmp/b; echo $?; ip link show e0 | grep -o 'mtu [0-9]*'; ip -force -b /tmp/b; ip link show e0 | grep -o 'mtu [0-9]*'",
			"Cannot find device \"xx\"\nCommand failed /tmp/b:2\n1\nmtu 1300\nCannot find device \"xx\"\nCommand failed /tmp/b:2\nmtu 1200\n"},
		{"printf 'link set dev nono cost 5\\nlink set dev e1 cost 5\\n' > /tmp/b; bridge -b /tmp/b; echo $?; bridge -force -b /tmp/b; echo $?; bridge link | grep -o 'cost [0-9]*'",
			"Cannot find bridge device \"nono\"\nCommand failed /tmp/b:1\n1\nCannot find bridge device \"nono\"\nCommand failed /tmp/b:1\n1\ncost 5\n"},
	} {
		w := stack.NewWorld(1)
		l := NewLab(w, w.AddHost("host"))
		var out bytes.Buffer
		l.Stdout, l.Stderr = &out, &out
		if _, err := l.Run("lab.sh", "ip link add e0 type veth peer name e1; ip link set e0 up; ip link set e1 up; ip link add br0 type bridge; ip link set e1 master br0\n"+c.script); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", c.script, out.String(), c.want)
		}
	}
}
