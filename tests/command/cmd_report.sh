#!/bin/bash
# The page for auditors: what is in it, that nothing can get into it or be
# loaded by it, and how a browser shows and prints it.
. tests/support/lib.sh
needs jq xmllint chromium pdftotext pdfinfo

# A ceremony with all that a page can show: a rollover over three quarters, a
# refusal, an override, a waiver, and markup wherever a person can type.
AT=2026-11-15T12:00:00Z
EVIL='"><script>alert(1)</script>&amp;'\''<img src=x>'
mkdir "$SCRATCH/<b>&"
WS="$SCRATCH/<b>&/ws"
accepts init "$WS" --at "$AT"
export ANCHORITE_CONFIG=$WS/anchorite.yaml
cd "$WS"

at() {
	accepts --ceremony ceremony --at "$AT" "$@"
}
at request ksr1.xml
at keygen --label '<i>&next' --algorithm RSASHA256
sed -n '/^  ksk_next:$/,/valid_from/p' "$SCRATCH/out" >>anchorite.yaml
at sign ksr1.xml skr1.xml --first --batch --schema pre-publish
at request ksr2.xml --previous-skr skr1.xml
horizon=(--override KSR-POLICY-SIG-HORIZON --reason "$EVIL")
refuses 1 KSR-POLICY-SIG-HORIZON --ceremony ceremony --at "$AT" \
	sign ksr2.xml skr2.xml --previous-skr skr1.xml --batch --schema rollover
at sign ksr2.xml skr2.xml --previous-skr skr1.xml --batch --schema rollover \
	"${horizon[@]}"
sed -i 's/^  acceptable_domains.*/&\n  check_bundle_intervals: false\n  min_bundle_interval: P10DT1H/' \
	anchorite.yaml
at request ksr3.xml --previous-skr skr2.xml --slot-length P10D
at sign ksr3.xml skr3.xml --previous-skr skr2.xml --batch --schema revoke \
	"${horizon[@]}"
printf 'x\033[2J' >"<u>$(printf '\001')"
accepts --ceremony ceremony hash "<u>$(printf '\001')"

page=$SCRATCH/report.html
head=$(tail -n 1 ceremony/log.jsonl | sha256sum | cut -d' ' -f1)
accepts report ceremony -o "$page" --head "$head"
says "of 9 runs"

# in_page TEXT: the page's markup holds this fixed string.
in_page() {
	grep -qF -- "$1" "$page" || fail "the page lacks: $1"
	CASES=$((CASES + 1))
}

# not_in_page REGEX
not_in_page() {
	! grep -qiE -- "$1" "$page" || fail "the page has: $1"
	CASES=$((CASES + 1))
}

# Well-formed, ASCII, and nothing in it is anyone's markup.
xmllint --noout "$page" || fail "not well-formed XML"
! LC_ALL=C grep -nP '[^\x20-\x7e]' "$page" || fail "not printable ASCII"
not_in_page '<(script|img|iframe|object|embed|link|base|form|input|i>|u>)'
in_page '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;&#39;'
in_page '&lt;i&gt;&amp;next'
in_page '&lt;u&gt;\x01'
in_page '/&lt;b&gt;&amp;/ws/anchorite.yaml'
elements=$(grep -oE '<[a-z0-9]+' "$page" | sort -u | tr -d '<' | tr '\n' ' ')
equal "the page's elements" "a article b body br code div figcaption figure \
footer h1 h2 h3 head header html li line main meta ol p q rect section span \
style svg table tbody td text th thead time title tr ul " "$elements"

# Nothing from elsewhere: links stay in the page, the policy forbids the rest,
# and lets in just the one style sheet.
not_in_page ' (src|srcset|style|on[a-z]+)="'
not_in_page 'url\(|@import|@font-face'
! grep -oE 'href="[^"]*"' "$page" | grep -v 'href="#' || fail "a link leads out"
style=$(sed -n '/<style>/,/<\/style>/p' "$page" |
	sed '1s/^<style>//; $s/<\/style>$//')
digest=$(printf '%s\n' "$style" | openssl dgst -sha256 -binary | base64)
in_page "content=\"default-src &#39;none&#39;; style-src &#39;sha256-$digest&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\""
# Every link has its target.
while read -r target; do
	in_page "id=\"$target\""
done < <(grep -oE 'href="#[^"]*' "$page" | sort -u | cut -d'#' -f2)

# What an auditor looks for.
in_page "$head"
in_page '<span class="badge overridden">overridden</span></td><td><code>KSR-POLICY-SIG-HORIZON</code>'
in_page '<span class="badge waived">waived</span></td><td><code>KSR-POLICY-BUNDLE-INTERVAL</code>'
in_page '<span class="badge refused">refused</span>'
in_page 'confirmed in advance (--batch)'
in_page 'given by --at (rehearsal)'
in_page "$(sha256sum <"$ANCHORITE" | cut -d' ' -f1)"
in_page "$(sha256sum <"$ANCHORITE_CONFIG" | cut -d' ' -f1)"
in_page "$(sha256sum <skr3.xml | cut -d' ' -f1)"
in_page '<b>Required</b>'
equal "timelines" 3 "$(grep -c '<svg ' "$page")"
equal "tables of slots" 6 "$(grep -c 'class="slots"' "$page")"
attention=$(grep -nF 'id="attention"' "$page" | cut -d: -f1)
steps=$(grep -nF 'id="steps"' "$page" | cut -d: -f1)
override=$(grep -nF 'Overridden because' "$page" | head -n 1 | cut -d: -f1)
if [ "$override" -lt "$attention" ] || [ "$override" -gt "$steps" ]; then
	fail "the override is not at the top"
fi

# bars CLASS: how many bars of this kind the timelines have.
bars() {
	grep -c "<rect class=\"$1\"" "$page"
}
# Nine slots each, and one in each legend: old P in 2-9 of rollover and in 1 of
# revoke, new P in 2-9 of pre-publish and in 1 of rollover; signing by one key
# everywhere, by a revoked one in 2-8 of revoke.
equal "revoked" $((7 + 3)) "$(bars revoked)"
equal "signs" $((9 + 9 + 9 + 3)) "$(bars signs)"
equal "published" $((8 + 1 + 8 + 1 + 3)) "$(bars published)"
equal "validity" $((27 + 3)) "$(bars valid)"
equal "overlaps" $((24 + 3)) "$(bars overlap)"
equal "gaps" 0 "$(bars hole || true)"

# The same record, the same bytes; wherever it lies; never over another file.
cp -r ceremony "$SCRATCH/elsewhere"
accepts report "$SCRATCH/elsewhere" --output "$SCRATCH/again.html"
cmp "$page" "$SCRATCH/again.html" || fail "another page from the same record"
before=$(sha256sum <"$page")
refuses 2 "exists" report ceremony -o "$page"
equal "the page" "$before" "$(sha256sum <"$page")"

# No page of what is not as recorded.
none=$SCRATCH/none.html
refuses 2 '--output is missing; usage: anchorite report DIR -o FILE' report ceremony
refuses 2 'DIR is missing; usage: anchorite report' report -o "$none"
refuses 2 '-o wants a value' report ceremony -o
refuses 2 '--output is given twice' report ceremony -o "$none" --output "$none"
refuses 2 'unknown option -o' log show ceremony -o "$none"
refuses 1 'the witnessed head is' report ceremony -o "$none" \
	--head "${head/[0-9]/f}${head:64}"
cp -r ceremony "$SCRATCH/changed"
stored=$SCRATCH/changed/outputs/$(sha256sum <skr2.xml | cut -d' ' -f1)
echo >>"$stored"
refuses 1 'was changed: its SHA-256 is' report "$SCRATCH/changed" -o "$none"
rm "$stored"
refuses 1 'is missing' report "$SCRATCH/changed" -o "$none"
sed -i '3s/"seq":3/"seq":4/' "$SCRATCH/changed/log.jsonl"
refuses 1 'log.jsonl:' report "$SCRATCH/changed" -o "$none"
absent "$none"

# An interrupted run and a torn line are shown, not hidden.
cp -r ceremony "$SCRATCH/torn"
sed -i '$d' "$SCRATCH/torn/log.jsonl"
printf '{"seq":' >>"$SCRATCH/torn/log.jsonl"
torn=$SCRATCH/torn.html
accepts report "$SCRATCH/torn" -o "$torn"
grep -qF 'badge interrupted">interrupted' "$torn" || fail "not interrupted"
grep -qF 'badge refuse">torn line' "$torn" || fail "no torn line"
xmllint --noout "$torn" || fail "not well-formed: torn"

# A record that this program would not write: its chain holds, but its texts
# are not printable, and what should be a number or a list is not.
mkdir "$SCRATCH/forged"
zeros=$(printf '%064d' 0)
jq -cn --arg prev "$zeros" '{seq: 1, prev: $prev,
	time: "2026-11-21T00:00:00+00:00", event: "run", version: "\u001b[2J",
	binary: $prev, format: 1, command: "<svg onload=x>\u009b\n",
	arguments: [1, {}, "]]>", "$"], host: 7, now: [], hsms: {}}' \
	>"$SCRATCH/forged/log.jsonl"
jq -can --arg zeros "$zeros" '{seq: 2, prev: $zeros,
	time: "2026-11-21T00:00:00+00:00", event: "checks", version: "0",
	binary: $zeros, stages: 1, accepted: "yes", rows: [1, {verdict: "<",
	findings: [[]], id: "--\u003e\u0007"}]}' >>"$SCRATCH/forged/log.jsonl"
sed -i 's/\xc2\x9b/\\u009b/' "$SCRATCH/forged/log.jsonl"
prev=$(head -n 1 "$SCRATCH/forged/log.jsonl" | sha256sum | cut -d' ' -f1)
sed -i "2s/\"prev\":\"[0-9a-f]*\"/\"prev\":\"$prev\"/" \
	"$SCRATCH/forged/log.jsonl"
# Each such line is refused; without them, the rest is shown as text.
refuses 1 'forged/log.jsonl:1: holds a text that cannot be printed' \
	report "$SCRATCH/forged" -o "$none"
absent "$none"
rechained() {
	sed -i "$1" "$SCRATCH/forged/log.jsonl"
	prev=$(head -n 1 "$SCRATCH/forged/log.jsonl" | sha256sum | cut -d' ' -f1)
	sed -i "2s/\"prev\":\"[0-9a-f]*\"/\"prev\":\"$prev\"/" \
		"$SCRATCH/forged/log.jsonl"
}
rechained '1s/\\u001b//; 1s/\\u009b\\n//'
refuses 1 'forged/log.jsonl:2: holds a text that cannot be printed' \
	report "$SCRATCH/forged" -o "$none"
absent "$none"
rechained '2s/\\u0007//'
forged=$SCRATCH/forged.html
accepts report "$SCRATCH/forged" -o "$forged"
xmllint --noout "$forged" || fail "not well-formed: forged"
! LC_ALL=C grep -nP '[^\x20-\x7e]' "$forged" || fail "not ASCII: forged"
grep -qF '&lt;svg onload=x&gt;' "$forged" || fail "not escaped"
grep -qF '<code>--&gt;</code>' "$forged" || fail "not escaped: id"

# A browser, without a network and with nothing of its own on disk.
browser() {
	mkdir "$SCRATCH/profile"
	chromium --headless --no-sandbox --disable-gpu --no-first-run \
		--disable-background-networking --disable-component-update \
		--disable-sync --hide-scrollbars \
		--user-data-dir="$SCRATCH/profile" "$@" \
		>"$SCRATCH/out" 2>"$SCRATCH/browser" || fail "chromium: $*"
	rm -rf "$SCRATCH/profile"
}

# A screenshot of one colour compresses to next to nothing.
for width in 1280 800 420; do
	browser --window-size=$width,2400 \
		--screenshot="$SCRATCH/page-$width.png" "file://$page"
	size=$(wc -c <"$SCRATCH/page-$width.png")
	[ "$size" -gt 60000 ] || fail "blank at $width: $size octets"
	CASES=$((CASES + 1))
done

# The page's own script policy is lifted in a copy, to measure it: nothing is
# wider than the window, no bar or text leaves its drawing.
measure='<script>addEventListener("load",()=>{
const bad=[];const e=document.documentElement;
if(e.scrollWidth>innerWidth)bad.push("page "+e.scrollWidth);
for(const t of document.querySelectorAll("svg text,svg rect")){
const b=t.getBBox(),v=t.closest("svg").viewBox.baseVal;
if(b.x\<0||b.y\<0||b.x+b.width>v.width||b.y+b.height>v.height)
bad.push(t.textContent)}
document.body.dataset.bad=bad.join("; ")||"none"})</script>'
sed '/Content-Security-Policy/d' "$page" >"$SCRATCH/measured.html"
printf '%s\n' "${measure//\\</<}" >>"$SCRATCH/measured.html"
for width in 1280 800 500; do
	browser --window-size=$width,2400 --dump-dom \
		"file://$SCRATCH/measured.html"
	grep -qF 'data-bad="none"' "$SCRATCH/out" ||
		fail "at $width: $(grep -o 'data-bad="[^"]*"' "$SCRATCH/out")"
	CASES=$((CASES + 1))
done

# On paper: A4, every hash whole on its line, the head and its words.
browser --no-pdf-header-footer --print-to-pdf="$SCRATCH/page.pdf" "file://$page"
grep -qE '^Page size: .*A4' <<<"$(pdfinfo "$SCRATCH/page.pdf")" || fail "not A4"
pdftotext -layout "$SCRATCH/page.pdf" "$SCRATCH/page.txt"

# printed TEXT
printed() {
	grep -qF -- "$1" "$SCRATCH/page.txt" || fail "not printed: $1"
	CASES=$((CASES + 1))
}

printed "$head"
"$ANCHORITE" log verify ceremony --head "$head" >"$SCRATCH/out"
while read -r words; do
	printed "$words"
done < <(grep -A 6 SHA-256 "$SCRATCH/out" | tail -n 6 | sed 's/^| *//')
printed 'Waivers, overrides, exceptions'
printed "$EVIL"
printed 'anchorite replay DIR'
while read -r hash; do
	printed "$hash"
done < <(grep -oE '<code class="hash">[0-9a-f]{64}' "$page" |
	cut -d'>' -f2 | sort -u)
finish
