package session

import "strings"

// cover returns a text in which nothing but words and signs of a condition can be
// mistaken for such: what is in quotes or in a placeholder is covered, and every
// space is a plain one. It is as long as the text.
func cover(text string) (string, error) {
	mask := []byte(text)
	for i := 0; i < len(mask); {
		n := covered(text, i)
		switch {
		case n < 0:
			return "", unclear(text, "has a quote that is never closed")
		case n == 0:
			if isSpace(mask[i]) {
				mask[i] = ' '
			}
			i++
		}
		for range n {
			mask[i] = '_'
			i++
		}
	}
	return string(mask), nil
}

// covered is how many bytes from an index on are a quoted text or a placeholder; -1
// when a quote is never closed. A quote within a word is an apostrophe.
func covered(text string, at int) int {
	switch b := text[at]; {
	case (b == '\'' || b == '"') && (at == 0 || isSpace(text[at-1]) || isSign(text[at-1])):
		end := strings.IndexByte(text[at+1:], b)
		if end < 0 {
			return -1
		}
		return end + 2
	case strings.HasPrefix(text[at:], "${") && (at == 0 || text[at-1] != '$'):
		if end := strings.IndexByte(text[at:], '}'); end > 0 {
			return end + 1
		}
		return len(text) - at // Compile says what is wrong with it
	}
	return 0
}

// joint is a word or a sign of a condition.
type joint struct {
	at   int
	word string
}

// joints are the words between comparisons.
func joints(mask string) []joint {
	var all []joint
	for i := 0; i < len(mask); {
		word := wordAt(mask, i)
		if word == "and" || word == "or" {
			all = append(all, joint{i, word})
		}
		i += max(len(word), 1)
	}
	return all
}

// operators are the words and signs that compare. There should be one.
func operators(mask string) []joint {
	var all []joint
	for i := 0; i < len(mask); {
		end := i
		for end < len(mask) && isSign(mask[end]) {
			end++
		}
		switch sign := mask[i:end]; {
		case sign == "" && wordAt(mask, i) == "contains":
			all = append(all, joint{i, "contains"})
			end = i + len("contains")
		case sign != "" && sign != "!": // which may end a word
			all = append(all, joint{i, sign})
		}
		i = max(end, i+1)
	}
	return all
}

func isOperator(op string) bool {
	switch op {
	case "==", "!=", "<", "<=", ">", ">=", "contains":
		return true
	}
	return false
}

// wordAt is the word that begins there; empty where none does.
func wordAt(mask string, at int) string {
	if at > 0 && mask[at-1] != ' ' {
		return ""
	}
	word, _, _ := strings.Cut(mask[at:], " ")
	return word
}

func isSign(b byte) bool { return b == '=' || b == '!' || b == '<' || b == '>' }

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
