package sketch

import "slices"

// Acting appends to hashes those of the visitors who did something: each has a hit that is no engagement. It reads no column but that of the names.
func (p *Packed) Acting(hashes []uint64) ([]uint64, error) {
	if p.texts[Name] == nil {
		return append(hashes, p.hashes...), nil
	}
	var r room
	names, words, err := p.textOf(Name, p.Visitors(), &r)
	if err != nil {
		return hashes, err
	}
	not := slices.Index(words, engagement)
	if not < 0 {
		return append(hashes, p.hashes...), nil
	}
	for v, hash := range p.hashes {
		from, to := p.Range(v)
		if names.perVisitor {
			from, to = v, v+1
		}
		if p.acted[v] || slices.ContainsFunc(names.v[from:to], func(id uint32) bool { return int(id) != not }) {
			hashes = append(hashes, hash)
		}
	}
	return hashes, nil
}
