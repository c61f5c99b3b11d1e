package event

// wrongProp marks, while an event is decoded, the kind of a property that has a problem: wrongProp | the verdict. It stays among
// the others, because a later equal key may still replace it.
const wrongProp PropKind = 0x80

func (d *decoder) props() {
	d.e.Props = d.e.Props[:0]
	if !d.value(fieldProps, kindObject) {
		return
	}
	d.open()
	for n := 0; d.more(n, '}'); n++ {
		t := d.key()
		if d.found[fieldProps] == tooMany {
			d.skip()
			continue
		}
		if p := (Prop{Key: t.value()}); d.prop(&p) {
			d.putProp(p)
		} else {
			d.dropProp(p.Key)
		}
	}
}

// prop reads the value of p; null is none.
func (d *decoder) prop(p *Prop) bool {
	switch k := d.kind(); k {
	case kindString:
		if t := d.str(); t.fault == valid {
			p.Value = t.value()
		} else {
			p.Kind = wrongProp | PropKind(t.fault)
		}
	case kindNumber:
		p.Value, p.Kind = d.number(), PropNumber
	case kindBool:
		p.Value, p.Kind = d.literal(), PropBool
	case kindObject, kindArray:
		d.skip()
		p.Kind = wrongProp | PropKind(wrongType+verdict(k))
	default:
		d.literal()
		return false
	}
	return true
}

// putProp adds p or, where its key is there already, puts it in that place.
// One too many ends the matter, so that the search stays short however many a sender makes up.
func (d *decoder) putProp(p Prop) {
	props := d.e.Props
	switch i := findProp(props, p.Key); {
	case i >= 0:
		props[i] = p
	case len(props) < MaxProps:
		d.e.Props = append(props, p)
	default:
		d.found[fieldProps] = tooMany
	}
}

func (d *decoder) dropProp(key string) {
	if i := findProp(d.e.Props, key); i >= 0 {
		d.e.Props = append(d.e.Props[:i], d.e.Props[i+1:]...)
	}
}

func findProp(props []Prop, key string) int {
	for i := range props {
		if props[i].Key == key {
			return i
		}
	}
	return -1
}
