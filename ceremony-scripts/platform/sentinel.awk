# Results judged: the table of verdicts first, then lines of RESOLVER TAG IS-TA
# NOT-TA BOGUS.  Nothing is printed where one of them cannot be read; status 1
# where a verdict is another than the first row's.
function refuse(why) {
	printf "%s:%d: %s\n", name, FNR, why >"/dev/stderr"
	refused = 1
	exit 2
}
function seen(word) {
	if (word !~ /^(none|[A-Z][A-Z0-9]+)$/)
		refuse("status \"" word "\" (expected NOERROR, SERVFAIL" \
		    " or another as dig says it, or none)")
	return word == "NOERROR" ? "yes" : \
	    word == "SERVFAIL" ? "no" : word
}
function fits(wanted, word) {
	return wanted == "*" || wanted == word
}
FILENAME == ARGV[1] {
	class[++rows] = $1; rfc[rows] = $2
	is[rows] = $3; not[rows] = $4; bogus[rows] = $5
	meaning[rows] = $6; advice[rows] = $7
	next
}
/^[ \t]*(#|$)/ { next }
{
	n = split($0, w, " ")
	if (n != 5)
		refuse(n " words (expected resolver, tag, and the status" \
		    " of is-ta, not-ta and bogus)")
	if (w[2] !~ /^[0-9]+$/ || w[2] > 65535)
		refuse("key tag \"" w[2] "\" (expected 0 to 65535)")
	i = seen(w[3]); k = seen(w[4]); b = seen(w[5])
	for (r = 1; r < rows; r++)
		if (fits(is[r], i) && fits(not[r], k) && fits(bogus[r], b))
			break
	count[r]++
	line[++lines] = sprintf("%-24s %5d  %-9s %-9s %-9s %s", w[1], w[2],
	    w[3], w[4], w[5], class[r])
}
END {
	if (refused)
		exit 2
	if (lines == 0)
		refuse("no results")
	printf "%-24s %5s  %-9s %-9s %s\n", "Resolver", "key", "is-ta",
	    "not-ta", "bogus"
	for (r = 1; r <= lines; r++)
		print line[r]
	for (r = 1; r <= rows; r++)
		if (count[r])
			printf "\n%s (%d; RFC 8509: %s)\n%s  %s\n",
			    class[r], count[r], rfc[r], meaning[r], advice[r]
	exit count[1] != lines
}
