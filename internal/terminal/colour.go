package terminal

// IsColoured decides for one stream whether it is coloured. The wishes of the
// environment, the strongest first: NO_COLOR, whatever it says, means no
// (no-color.org); FORCE_COLOR means yes, whatever it says (force-color.org), but for 0
// and false, which mean no to the programs that made it known; CLICOLOR_FORCE means
// yes, but for 0; TERM=dumb means no. An empty one is no wish. Without any, terminals
// are coloured.
func IsColoured(env func(string) (string, bool), isTerminal bool) bool {
	wish := func(name string) string {
		v, _ := env(name)
		return v
	}
	force, cli := wish("FORCE_COLOR"), wish("CLICOLOR_FORCE")
	switch {
	case wish("NO_COLOR") != "":
		return false
	case force != "":
		return force != "0" && force != "false"
	case cli != "" && cli != "0":
		return true
	}
	return isTerminal && wish("TERM") != "dumb"
}

// IsAnimated decides whether a view may be drawn on a terminal: not on one that knows
// no escapes, and not where a machine keeps what is said to be read later.
func IsAnimated(env func(string) (string, bool), isTerminal bool) bool {
	term, _ := env("TERM")
	ci, _ := env("CI")
	return isTerminal && term != "dumb" && (ci == "" || ci == "0" || ci == "false")
}
