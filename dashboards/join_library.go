package dashboards

import (
	"fmt"
	"strings"
)

// Other people's modules were made small, and put their imports and exports differently.
var (
	smallImport    = lazily(`import\{([^}]*)\}from"([^"]+)";?`)
	smallExport    = lazily(`export\{([^}]*)\}(?:from"([^"]+)")?;?`)
	namelessExport = lazily(`export default function\(`)
	sourceMapURL   = lazily(`//# sourceMappingURL=\S*\s*$`)
	anySmall       = lazily(`\b(?:import|export)\b[^"'` + "`" + `]{0,40}`)
)

// joinableLibrary is joinableOwn for other people's modules.
func joinableLibrary(name string, text []byte) (body []byte, exports []string, err error) {
	body = sourceMapURL().ReplaceAll(text, nil)
	body = smallImport().ReplaceAllFunc(body, func(found []byte) []byte {
		m := smallImport().FindSubmatch(found)
		return taken("{"+string(m[1])+"}", fileOf(name, string(m[2])))
	})
	body = smallExport().ReplaceAllFunc(body, func(found []byte) []byte {
		m := smallExport().FindSubmatch(found)
		from := string(m[2])
		for export := range strings.SplitSeq(string(m[1]), ",") {
			local, public, renamed := strings.Cut(export, " as ")
			if !renamed {
				public = local
			}
			if from != "" {
				local = fmt.Sprintf("modules[%q].%s", fileOf(name, from), local)
			}
			exports = append(exports, public+": "+local)
		}
		return nil
	})
	if namelessExport().Match(body) {
		body = namelessExport().ReplaceAll(body, []byte("const nameless = function("))
		exports = append(exports, "default: nameless")
	}
	if left := anySmall().Find(body); left != nil {
		return nil, nil, fmt.Errorf("join %s: %q has none of the forms that can be joined", name, left)
	}
	return body, exports, nil
}
