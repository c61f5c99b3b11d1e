package enrich

import (
	"testing"
	"unicode/utf8"

	"github.com/streamgauge/streamgauge/event/agent"
)

var userAgents = []struct {
	text string
	want userAgent
}{
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		userAgent{desktop, "Chrome", "141.0", "Windows", "10", ""},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
		userAgent{desktop, "Microsoft Edge", "141.0", "Windows", "10", ""},
	},
	{
		"Mozilla/5.0 (Windows NT 6.1; WOW64; rv:27.0) Gecko/20100101 Firefox/27.0",
		userAgent{desktop, "Firefox", "27.0", "Windows", "7", ""},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
		userAgent{desktop, "Internet Explorer", "11.0", "Windows", "10", ""},
	},
	{
		"Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
		userAgent{desktop, "Internet Explorer", "8.0", "Windows", "XP", ""},
	},
	{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
		userAgent{desktop, "Safari", "18.5", "Mac", "10.15", ""},
	},
	{
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.5",
		userAgent{desktop, "Vivaldi", "7.5", "Mac", "10.15", ""},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0",
		userAgent{desktop, "Opera", "124.0", "Windows", "10", ""},
	},
	{"Opera/9.80 (X11; Linux x86_64) Presto/2.12.388 Version/12.16", userAgent{desktop, "Opera", "12.16", "GNU/Linux", "", ""}},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 YaBrowser/25.8.0.0 Safari/537.36",
		userAgent{desktop, "Yandex Browser", "25.8", "Windows", "10", ""},
	},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", userAgent{desktop, "Firefox", "140.0", "GNU/Linux", "", ""}},
	{"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", userAgent{desktop, "Firefox", "140.0", "Ubuntu", "", ""}},
	{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/32.0.1700.102 Chrome/32.0.1700.102 Safari/537.36",
		userAgent{desktop, "Chromium", "32.0", "Ubuntu", "", ""},
	},
	{
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
		userAgent{desktop, "Chrome", "141.0", "Chrome OS", "14541.0", ""},
	},
	{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
		userAgent{mobile, "Safari", "18.5", "iOS", "18.5", ""},
	},
	{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0.6099.50 Mobile/15E148 Safari/604.1",
		userAgent{mobile, "Chrome", "120.0", "iOS", "17.1", ""},
	},
	{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 330.0.0 (iPhone14,5; iOS 17_4)",
		userAgent{mobile, mobileApp, "", "iOS", "17.4", ""},
	},
	{
		"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
		userAgent{tablet, "Safari", "17.5", "iPadOS", "17.5", ""},
	},
	{
		"Mozilla/5.0 (iPad; CPU OS 9_3_5 like Mac OS X) AppleWebKit/601.1.46 (KHTML, like Gecko) Version/9.0 Mobile/13G36 Safari/601.1",
		userAgent{tablet, "Safari", "9.0", "iOS", "9.3", ""},
	},
	{
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
		userAgent{mobile, "Chrome", "141.0", "Android", "10", ""},
	},
	{
		"Mozilla/5.0 (Linux; Android 13; SM-X906C) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		userAgent{tablet, "Chrome", "120.0", "Android", "13", ""},
	},
	{
		"Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
		userAgent{mobile, "Samsung Browser", "25.0", "Android", "14", ""},
	},
	{"Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", userAgent{mobile, "Firefox", "130.0", "Android", "14", ""}},
	{"Mozilla/5.0 (Android 14; Tablet; rv:130.0) Gecko/130.0 Firefox/130.0", userAgent{tablet, "Firefox", "130.0", "Android", "14", ""}},
	{
		"Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UD1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0.6099.43 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/441.0.0.1;]",
		userAgent{mobile, mobileApp, "", "Android", "14", ""},
	},
	{
		"Mozilla/5.0 (Linux; U; Android 4.1.2; de-de; GT-I9100) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
		userAgent{mobile, "Android Browser", "4.0", "Android", "4.1", ""},
	},
	{
		"Mozilla/5.0 (Linux; Android 11; BRAVIA 4K UR2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
		userAgent{desktop, "Chrome", "120.0", "Android", "11", ""},
	},
	{
		"Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) Version/6.0 TV Safari/537.36",
		userAgent{desktop, "", "", "Tizen", "6.0", ""},
	},
	{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) NobodysBrowser/3.0 Chrome/124.0.0.0 Safari/537.36",
		userAgent{desktop, "Chrome", "124.0", "Windows", "10", ""},
	},
	{"Shop/7 CFNetwork/1408.0.4 Darwin/22.5.0", userAgent{"", mobileApp, "", "", "", ""}},
	{"Mozilla/4.0 (compatible;)", userAgent{}},
	{"browser", userAgent{}},
	{"curl/8.5.0", userAgent{bot: agent.Tool}},
	{"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", userAgent{bot: agent.Crawler}},
}

func TestUserAgents(t *testing.T) {
	for _, c := range userAgents {
		if got := parseAgent(c.text); got != c.want {
			t.Errorf("%s\n%+v, want\n%+v", c.text, got, c.want)
		}
	}
}

func FuzzUserAgent(f *testing.F) {
	for _, c := range userAgents {
		f.Add(c.text)
	}
	f.Add("CrOS x86_64 ;(Android")
	f.Fuzz(func(t *testing.T, text string) {
		ua := parseAgent(text)
		for _, s := range []string{ua.browser, ua.os, ua.osVersion, ua.browserVersion, ua.device} {
			if len(s) > 40 || utf8.ValidString(text) && !utf8.ValidString(s) {
				t.Errorf("%q: %+v", text, ua)
			}
		}
	})
}

func TestMajorMinor(t *testing.T) {
	for version, want := range map[string]string{
		"141.0.0.0": "141.0", "18": "18", "18.": "18", "10.15.7": "10.15", "": "", ".5": "", "x86_64": "", "1a": "1", "12345678901234567890.1": "",
	} {
		if got := majorMinor(version); got != want {
			t.Errorf("majorMinor(%q) = %q, want %q", version, got, want)
		}
	}
}
