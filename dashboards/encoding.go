package dashboards

import (
	"mime"
	"strconv"
	"strings"
)

// identity is the encoding that is none.
const identity = "identity"

// preferred are the encodings that we have, the best first.
var preferred = [...]string{"br", "gzip"}

// chooseEncoding reads Accept-Encoding (RFC 9110, section 12.5.3) and returns the encoding with the greatest weight, of equal ones the best.
func chooseEncoding(fields []string) string {
	weights, rest := acceptedWeights(fields)
	best, most := identity, 0.0
	for _, coding := range preferred {
		weight, named := weights[coding]
		if !named {
			weight = rest
		}
		if weight > most {
			best, most = coding, weight
		}
	}
	return best
}

// acceptedWeights returns the weight of each coding that is named, and that of all others.
func acceptedWeights(fields []string) (weights map[string]float64, rest float64) {
	weights = map[string]float64{}
	for member := range strings.SplitSeq(strings.Join(fields, ","), ",") {
		coding, params, err := mime.ParseMediaType(member)
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			weight = 1
		}
		switch coding {
		case "*":
			rest = weight
		case "x-gzip":
			weights["gzip"] = weight
		default:
			weights[coding] = weight
		}
	}
	return weights, rest
}
