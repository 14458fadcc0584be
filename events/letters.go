package events

import (
	"strings"
	"unicode/utf8"
)

// The forms are checked by hand, because every fact read or written passes them: a regular
// expression costs ten times as much. A test holds them against the patterns of the schemas.

func isPerson(s string) bool {
	return len(s) == 17 && (s[0] == 'p' || s[0] == 'x') && base32Only(s[1:])
}
func isProgram(s string) bool { return len(s) == 17 && s[0] == 'g' && base32Only(s[1:]) }
func isFact(s string) bool    { return len(s) == 26 && base32Only(s) }

func isFormality(s string) bool { return s == "informal" || isProgram(s) }
func isSHA256(s string) bool    { return len(s) == 64 && all(s, hexDigit) }
func isText(s string) bool      { return utf8.ValidString(s) }
func isToken(s string) bool     { return s != "" && len(s) <= 128 && all(s, tokenByte) }

func isCode(s string) bool {
	return s != "" && len(s) <= 48 && lowerOrDigit(s[0]) && all(s, codeByte)
}

func isName(s string) bool {
	return s != "" && len(s) <= 64 && s[0] >= 'A' && s[0] <= 'Z' && all(s, letterOrDigit)
}

func isMonth(s string) bool {
	return len(s) == 7 && all(s[:4], digit) && s[4] == '-' && s[5:] >= "01" && s[5:] <= "12" && all(s[5:], digit)
}

func isActor(s string) bool {
	kind, name, named := strings.Cut(s, ":")
	if !named {
		return isPerson(s)
	}
	return (kind == "service" || kind == "integration" || kind == "auditor") && isCode(name)
}

func all(s string, is func(byte) bool) bool {
	for i := range len(s) {
		if !is(s[i]) {
			return false
		}
	}
	return true
}

func base32Only(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

func digit(c byte) bool         { return c >= '0' && c <= '9' }
func hexDigit(c byte) bool      { return digit(c) || c >= 'a' && c <= 'f' }
func lowerOrDigit(c byte) bool  { return digit(c) || c >= 'a' && c <= 'z' }
func codeByte(c byte) bool      { return lowerOrDigit(c) || c == '_' || c == '-' }
func letterOrDigit(c byte) bool { return lowerOrDigit(c) || c >= 'A' && c <= 'Z' }
func tokenByte(c byte) bool     { return letterOrDigit(c) || strings.IndexByte("._:+/=-", c) >= 0 }
