package load

// verdicts remember two bits of every copy of a plan, in pages.
type verdicts struct {
	pages [][]byte
}

const verdictsPage = 1 << 14 // bytes, of four verdicts each

func (v *verdicts) set(n uint32, is Verdict) {
	page, at := n/4/verdictsPage, n/4%verdictsPage
	for uint32(len(v.pages)) <= page {
		v.pages = append(v.pages, nil)
	}
	if v.pages[page] == nil {
		v.pages[page] = make([]byte, verdictsPage)
	}
	shift := n % 4 * 2
	b := &v.pages[page][at]
	*b = *b&^(3<<shift) | byte(is)<<shift
}

func (v *verdicts) of(n uint32) Verdict {
	page, at := n/4/verdictsPage, n/4%verdictsPage
	if uint32(len(v.pages)) <= page || v.pages[page] == nil {
		return Untaken
	}
	return Verdict(v.pages[page][at] >> (n % 4 * 2) & 3)
}
