package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

func (t *Table) dropObj(x *Object) {
	t.Objects = slices.DeleteFunc(slices.Clone(t.Objects), func(o *Object) bool { return o == x })
	delete(t.byObj, objKey{x.Kind, x.Name})
}

// AddObj is nf_tables_newobj; excl makes an existing one EEXIST.
func (b *Batch) AddObj(t *Table, o *Object, excl bool) core.Errno {
	if t.Object(o.Kind, o.Name) != nil {
		if excl {
			return eexist
		}
		b.updateObj(t.Object(o.Kind, o.Name), o)
		return 0
	}
	o.Table = t
	o.holdExpr()
	o.Handle = t.newHandle()
	t.Objects = append(t.Objects, o)
	t.byObj[objKey{o.Kind, o.Name}] = o
	b.log(undo{kind: undoAddObj, table: t, obj: o})
	return 0
}

// DelObj is nf_tables_delobj: EBUSY while rules use it.
func (b *Batch) DelObj(o *Object) core.Errno {
	if o.use > 0 {
		return ebusy
	}
	b.removeObj(o)
	return 0
}

func (b *Batch) removeObj(o *Object) {
	t := o.Table
	i := slices.Index(t.Objects, o)
	t.Objects = slices.Delete(slices.Clone(t.Objects), i, i+1)
	delete(t.byObj, objKey{o.Kind, o.Name})
	o.releaseExpr()
	b.log(undo{kind: undoDelObj, table: t, obj: o, at: i})
}
