package ipv4

// HasRules reports that rules were added or taken out (fib_has_custom_rules):
// tables local and main are two then.
func (ip *IPv4) HasRules() bool { return ip.customRules }
