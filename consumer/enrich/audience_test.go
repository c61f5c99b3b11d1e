package enrich

import "testing"

func TestLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "de": "de", "DE": "de", "en-GB": "en-GB", "en-gb": "en-GB", "en_US": "en-US", "zh-Hant-TW": "zh-TW", "zh-Hans": "zh", "es-419": "es-419",
		"de-AT,de;q=0.9,en;q=0.8": "de-AT", "fil-PH": "fil-PH", "en;q=0.5": "en", " fr-FR ": "fr-FR", "ca-ES-valencia": "ca-ES", "en-u-hc-h12": "en",
		"de-x-GB": "de", "c": "", "*": "", "english": "", "e1": "", "12": "", "de-": "de", "-": "", "en-GB-US": "en-GB", "ä": "",
	} {
		if got := language(text); got != want {
			t.Errorf("language(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestScreenClass(t *testing.T) {
	for screen, want := range map[string]string{
		"": "", "0x0": "", "x": "", "wide": "", "-5x5": "", "1x1": "0-575", "390x844": "0-575", "575x1": "0-575", "576x1": "576-991", "991x1": "576-991", "992x1": "992-1439",
		"1439x900": "992-1439", "1440x900": "1440-1919", "1919x1": "1440-1919", "1920x1080": "1920-2559", "2560x1440": "2560+", "99999999999999999999x1": "", "1920": "1920-2559",
		"1920 x 1080": "",
	} {
		if got := screenClass(screen); got != want {
			t.Errorf("screenClass(%q) = %q, want %q", screen, got, want)
		}
	}
}

func TestCountry(t *testing.T) {
	for code, want := range map[string]string{"": "", "AT": "AT", "at": "AT", "A1": "", "AUT": "", "ä": ""} {
		if got := country(code); got != want {
			t.Errorf("country(%q) = %q, want %q", code, got, want)
		}
	}
}
