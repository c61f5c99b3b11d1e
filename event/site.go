package event

// MaxSite is the longest site id, in bytes.
const MaxSite = 63

// ValidSite reports whether s can be the id of a site: a small letter or digit, then small letters, digits, dots and
// hyphens, at most MaxSite bytes. So an id never holds a character that separates parts of a key.
func ValidSite(s string) bool {
	if s == "" || len(s) > MaxSite || !alphanumeric(s[0]) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !alphanumeric(c) && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }
