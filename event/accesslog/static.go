package accesslog

import (
	"path"
	"strings"
)

// staticExtensions are those of files that a page loads, or that are fetched for themselves, and are no page.
var staticExtensions = set("css js mjs map json xml txt png jpg jpeg gif svg ico webp avif woff woff2 ttf eot " +
	"mp3 mp4 webm pdf zip gz tgz jar")

// Static reports whether a request target names a static asset: its path, without the query, ends in one of their
// extensions, in small or capital letters.
func Static(target string) bool {
	target, _, _ = strings.Cut(target, "?")
	ext := path.Ext(target)
	return len(ext) > 1 && staticExtensions[strings.ToLower(ext[1:])]
}

func set(words string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
