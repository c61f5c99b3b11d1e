package dashboards

import (
	"bytes"
)

// firstSheets is the name of the sheets that index.html names, joined in their order into one.
const firstSheets = "css/page.css"

var sheetLink = lazily(`<link rel="stylesheet" href="_/assets/([^"]+)">\n`)

// joinSheets joins the sheets that the page names. None of them refers to another file, so that it does not matter where they stand.
func joinSheets(page []byte, sheets map[string][]byte) []byte {
	var joined bytes.Buffer
	for _, m := range sheetLink().FindAllSubmatch(page, -1) {
		joined.Write(bytes.TrimSpace(sheets[string(m[1])]))
		joined.WriteByte('\n')
	}
	return joined.Bytes()
}

// linkSheets puts a link to the joined sheets where the page names the first of them.
func linkSheets(page []byte) []byte {
	at := sheetLink().FindIndex(page)
	if at == nil {
		return page
	}
	rest := sheetLink().ReplaceAll(page[at[0]:], nil)
	return append(append(bytes.Clone(page[:at[0]]), `<link rel="stylesheet" href="_/assets/`+firstSheets+"\">\n"...), rest...)
}
