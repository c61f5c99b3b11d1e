package event

import "strings"

// Address is a URL taken apart, as far as figures are made of it. All of its strings are parts of the URL as it stood: nothing is decoded.
type Address struct {
	Scheme string // "https"; "" for a path
	Host   string // with port and user, if there are any; see Hostname
	Path   string // from the first slash on; "" where there is none
	Query  string // behind "?" and before "#"
}

// SplitURL takes a URL or a path apart. Any text is one.
func SplitURL(url string) (a Address) {
	if i := strings.IndexByte(url, '#'); i >= 0 {
		url = url[:i]
	}
	if i := strings.IndexByte(url, '?'); i >= 0 {
		url, a.Query = url[:i], url[i+1:]
	}
	slash := strings.IndexByte(url, '/')
	if slash < 1 || url[slash-1] != ':' || !strings.HasPrefix(url[slash:], "//") {
		a.Path = url
		return a
	}
	a.Scheme, url = url[:slash-1], url[slash+2:]
	if slash = strings.IndexByte(url, '/'); slash < 0 {
		slash = len(url)
	}
	a.Host, a.Path = url[:slash], url[slash:]
	return a
}

// Page returns the path as rows show it, at least "/".
func (a Address) Page() string {
	if a.Path == "" || a.Path[0] != '/' {
		return "/" + a.Path
	}
	return a.Path
}

// Hostname returns the host as rows show it: in small letters, without user, port, a dot at its end, and "www.".
func (a Address) Hostname() string {
	host := a.Host
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") { // [::1] has colons of its own
		host = host[:i]
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return strings.TrimPrefix(host, "www.")
}

// PageOf returns the page of a URL or of a path: the path without query and fragment, at least "/".
func PageOf(url string) string { return SplitURL(url).Page() }
