package walk_test
import ("testing";"sort";"github.com/packetwalk/packetwalk/stack/sim";"github.com/packetwalk/packetwalk/stack";"github.com/packetwalk/packetwalk/stack/walk")
func TestZZ(t *testing.T){
	src := made(t, 1_000_000, 10_000)
	k, _ := walk.Open(src, stack.Options{})
	k.Advance(300000)
	clear(sim.Stats)
	n0,_ := k.Checkpoints()
	k.Advance(300000)
	n,_ := k.Checkpoints()
	t.Log(n-n0)
	var l []string
	for k := range sim.Stats { l = append(l,k) }
	sort.Slice(l, func(i,j int)bool{ return sim.Stats[l[i]][1]>sim.Stats[l[j]][1]})
	for _, k := range l[:60] { t.Log(k, sim.Stats[k]) }
}
