package enrich

import (
	"cmp"
	"strings"

	"github.com/mileusna/useragent"

	"github.com/streamgauge/streamgauge/event/agent"
)

// userAgent is what a user agent says of a visitor, in the words that Plausible shows. Versions are major.minor.
type userAgent struct {
	device, browser, browserVersion, os, osVersion string

	bot string // why it is automation, as package agent names it; "" where it is not
}

// The classes of devices. A television and a console are desktops, as Plausible has it.
const (
	desktop = "Desktop"
	mobile  = "Mobile"
	tablet  = "Tablet"
)

func parseAgent(text string) userAgent {
	parsed := useragent.Parse(text)
	bot := agent.Automation(text)
	if bot == "" && parsed.Bot {
		bot = agent.Crawler
	}
	ua := userAgent{bot: bot, device: deviceOf(&parsed)}
	ua.browser, ua.browserVersion = browserOf(&parsed)
	ua.os, ua.osVersion = osOf(&parsed)
	return ua
}

// deviceOf knows what the library does not: that Chrome on Android leaves "Mobile" out on tablets and televisions.
func deviceOf(ua *useragent.UserAgent) string {
	text := ua.String
	switch {
	case isTelevision(text):
		return desktop
	case ua.Tablet, ua.OS == useragent.Android && strings.Contains(text, "Chrome/") && !strings.Contains(text, "Mobile"):
		return tablet
	case ua.Mobile:
		return mobile
	case ua.Desktop, strings.Contains(text, "X11;"):
		return desktop
	}
	return ""
}

func isTelevision(text string) bool {
	for _, mark := range [...]string{
		"SMART-TV", "SmartTV", "Smart TV", "Android TV", "GoogleTV", "AppleTV", "Apple TV", "BRAVIA", "; AFT", "CrKey", "HbbTV", "Web0S", "Tizen", "Roku", "PlayStation", "Xbox", "Nintendo",
	} {
		if strings.Contains(text, mark) {
			return !strings.Contains(text, "Mobile") || mark == "Xbox" || mark == "PlayStation"
		}
	}
	return false
}

// browserNames are the names that differ from what the library finds, and those that it finds only as a word in the user agent. A name that stands neither here
// nor among the constants of the library is anybody's word, and not shown: rows are not for made-up names.
var browserNames = map[string]string{
	useragent.Chrome: "Chrome", useragent.Firefox: "Firefox", useragent.Safari: "Safari", useragent.Edge: "Microsoft Edge", useragent.Opera: "Opera",
	useragent.OperaMini: "Opera Mini", useragent.OperaTouch: "Opera Touch", useragent.Vivaldi: "Vivaldi", useragent.InternetExplorer: "Internet Explorer",
	useragent.SamsungBrowser: "Samsung Browser", useragent.NetFront: "NetFront", useragent.BlackBerry: "BlackBerry Browser",
	useragent.FacebookApp: mobileApp, useragent.InstagramApp: mobileApp, useragent.TiktokApp: mobileApp, useragent.HeadlessChrome: "Headless Chrome",
	"Android browser": "Android Browser", "Huawei Browser": "Huawei Browser", "Miui Browser": "MIUI Browser", "MiuiBrowser": "MIUI Browser",
	"YaBrowser": "Yandex Browser", "YaSearchBrowser": mobileApp, "UCBrowser": "UC Browser", "UBrowser": "UC Browser", "QQBrowser": "QQ Browser", "MQQBrowser": "QQ Browser",
	"MicroMessenger": mobileApp, "Whale": "Whale Browser", "coc_coc_browser": "Coc Coc", "DuckDuckGo": "DuckDuckGo Privacy Browser", "Ddg": "DuckDuckGo Privacy Browser",
	"Brave": "Brave", "Iron": "Iron", "Chromium": "Chromium", "Ubuntu Chromium": "Chromium", "PaleMoon": "Pale Moon",
	"SeaMonkey": "SeaMonkey", "Waterfox": "Waterfox", "Konqueror": "Konqueror", "Epiphany": "Epiphany", "Silk": "Silk", "Puffin": "Puffin",
	"Sleipnir": "Sleipnir", "Maxthon": "Maxthon", "Falkon": "Falkon", "K-Meleon": "K-Meleon", "Lynx": "Lynx", "ELinks": "ELinks", "Links": "Links", "w3m": "w3m", "Dillo": "Dillo",
	"HeyTapBrowser": "HeyTap Browser", "VivoBrowser": "vivo Browser", "OculusBrowser": "Oculus Browser", "AvastSecureBrowser": "Avast Secure Browser", "Avast": "Avast Secure Browser",
	"Electron": "Electron", "Line": mobileApp, "Snapchat": mobileApp, "Pinterest": mobileApp, "GSA": mobileApp, "KAKAOTALK": mobileApp,
}

// mobileApp is the browser inside an application.
const mobileApp = "Mobile App"

func browserOf(ua *useragent.UserAgent) (name, version string) {
	text := ua.String
	switch {
	case strings.Contains(text, "Trident/7.0") && strings.Contains(text, "rv:11"):
		return "Internet Explorer", "11.0"
	case strings.HasPrefix(text, "Opera/"):
		return "Opera", majorMinor(cmp.Or(after(text, "Version/"), after(text, "Opera/")))
	case strings.Contains(text, "; wv)"), strings.Contains(text, "CFNetwork/"), isAppOnIOS(ua):
		return mobileApp, ""
	}
	if name = browserNames[ua.Name]; name == mobileApp {
		return name, ""
	}
	if name != "" {
		return name, majorMinor(ua.Version)
	}
	for _, engine := range [...]string{"Chrome", "Firefox"} { // somebody's own build
		if v := after(text, engine+"/"); v != "" {
			return engine, majorMinor(v)
		}
	}
	return "", ""
}

// isAppOnIOS tells a web view inside an application from Safari, which alone says so there beside the other browsers.
func isAppOnIOS(ua *useragent.UserAgent) bool {
	return ua.OS == useragent.IOS && (strings.Contains(ua.String, "GSA/") ||
		strings.Contains(ua.String, "AppleWebKit/") && !strings.Contains(ua.String, "Safari/"))
}

// windowsVersions are the names of the versions of Windows NT.
var windowsVersions = map[string]string{
	"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista", "5.2": "XP", "5.1": "XP", "5.0": "2000",
}

// distributions are those that name themselves in user agents.
var distributions = [...]string{"Ubuntu", "Debian", "Fedora"}

func osOf(ua *useragent.UserAgent) (name, version string) {
	text := ua.String
	switch ua.OS {
	case useragent.Windows:
		return "Windows", windowsVersions[ua.OSVersion]
	case useragent.MacOS:
		return "Mac", majorMinor(ua.OSVersion)
	case useragent.ChromeOS:
		return "Chrome OS", majorMinor(after(text, "CrOS x86_64 ", "CrOS aarch64 ", "CrOS armv7l "))
	case useragent.IOS:
		version = majorMinor(ua.OSVersion)
		if major, _, _ := strings.Cut(version, "."); ua.Device == "iPad" && len(major) == 2 && major >= "13" { // Apple calls it so from then on
			return "iPadOS", version
		}
		return "iOS", version
	case useragent.Linux:
		switch {
		case strings.Contains(text, "Tizen"):
			return "Tizen", majorMinor(after(text, "Tizen "))
		case strings.Contains(text, "Web0S"):
			return "webOS", ""
		}
		for _, d := range distributions {
			if strings.Contains(text, d) {
				return d, majorMinor(after(text, d+"/"))
			}
		}
		return "GNU/Linux", ""
	case useragent.Harmony:
		return "HarmonyOS", majorMinor(ua.OSVersion)
	}
	switch {
	case ua.OS != "":
		return ua.OS, majorMinor(ua.OSVersion)
	case strings.Contains(text, "Darwin/") && strings.Contains(text, "x86_64"): // without it, it is a telephone as well
		return "Mac", ""
	case strings.Contains(text, "Windows"):
		return "Windows", ""
	case strings.Contains(text, "PlayStation"):
		return "PlayStation", ""
	}
	return "", ""
}

// after returns the word behind the first of the marks that the text holds.
func after(text string, marks ...string) string {
	for _, m := range marks {
		if _, rest, ok := strings.Cut(text, m); ok {
			if i := strings.IndexAny(rest, " ;)"); i >= 0 {
				rest = rest[:i]
			}
			return rest
		}
	}
	return ""
}

// majorMinor returns the first two numbers of a version, "" where it does not begin with a number.
func majorMinor(version string) string {
	dots, end := 0, 0
	for ; end < len(version); end++ {
		if c := version[end]; c == '.' && end > 0 && dots == 0 {
			dots++
		} else if !isDigit(c) {
			break
		}
	}
	if end > maxVersion {
		return ""
	}
	return strings.TrimSuffix(version[:end], ".")
}

// maxVersion bounds a version, in bytes: longer ones are no versions.
const maxVersion = 16
