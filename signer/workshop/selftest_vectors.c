/*
 * The known answers of selftest.h, each with its source.
 *
 * The octets that the signatures of RFC 5702, RFC 6605 and RFC 8080 cover are
 * those records in the form of RFC 4034 section 3.1.8.1.
 */
#include "ksr/base/macros.h"
#include "signer/workshop/selftest.h"

/* The second bundle of the request for 2017-q2, ksr-root-2017-q2-0.xml. */
static const char request[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<KSR id=\"23e34059-7725-46a8-a7d2-662d657aab2b\" domain=\".\" "
    "serial=\"1\">\n"
    "  <Request>\n"
    "    <RequestPolicy>\n"
    "      <ZSK>\n"
    "        <PublishSafety>P10D</PublishSafety>\n"
    "        <RetireSafety>P10D</RetireSafety>\n"
    "        <MaxSignatureValidity>P21D</MaxSignatureValidity>\n"
    "        <MinSignatureValidity>P21D</MinSignatureValidity>\n"
    "        <MaxValidityOverlap>P12D</MaxValidityOverlap>\n"
    "        <MinValidityOverlap>P9D</MinValidityOverlap>\n"
    "        <SignatureAlgorithm algorithm=\"8\">\n"
    "          <RSA size=\"2048\" exponent=\"65537\"/>\n"
    "        </SignatureAlgorithm>\n"
    "      </ZSK>\n"
    "    </RequestPolicy>\n"
    "    <RequestBundle id=\"3ea61ea1-43ca-47ce-a9c4-1e5799fb13b7\""
    ">\n"
    "      <Inception>2017-04-11T00:00:00+00:00</Inception>\n"
    "      <Expiration>2017-05-02T00:00:00+00:00</Expiration>\n"
    "      <Key keyIdentifier=\"302e312c302a06035504031323566572695"
    "369676e20444e5353656320526f6f7420414c47382032303438205a534b33"
    "\" keyTag=\"14796\">\n"
    "        <TTL>172800</TTL>\n"
    "        <Flags>256</Flags>\n"
    "        <Protocol>3</Protocol>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <PublicKey>AwEAAZLsvvPf/WDYE8L8ZUOiXEN9PSg3Nqyqu8WWKVu"
    "4LIvPW77Y0W1mBgmroFEHxzA9zM2edQbYIFhj536sx3fj1bx4n8yKwQ0y1MYkX"
    "vgU3aKWf0jnm8qz5RPVa4iEUgP5og/70muAXmo38Ru10asc3SNtN2OlAT1Tivp"
    "+U4JUlVA8ICvierUPg2Kgf2gtNFhuqMTx/IHrE5DdV+Z/rmHGqESe/mnaDzHdF"
    "nKy7Ma5zcPTekmwZ86CnG+vNWMT6wiO56YSAaiHX0jSCjmkL7JzT3xpp/vtoWL"
    "K1rir70i6NbsU48sPZOHLfhwzbownewAsng0QqMOcVcmhl6ifE3C/vjE=</Pub"
    "licKey>\n"
    "      </Key>\n"
    "      <Signature keyIdentifier=\"302e312c302a06035504031323566"
    "572695369676e20444e5353656320526f6f7420414c47382032303438205a5"
    "34b33\">\n"
    "        <TTL>172800</TTL>\n"
    "        <TypeCovered>DNSKEY</TypeCovered>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <Labels>0</Labels>\n"
    "        <OriginalTTL>172800</OriginalTTL>\n"
    "        <SignatureExpiration>2017-01-31T00:15:06+00:00</Signat"
    "ureExpiration>\n"
    "        <SignatureInception>2017-01-01T00:15:06+00:00</Signatu"
    "reInception>\n"
    "        <KeyTag>14796</KeyTag>\n"
    "        <SignersName>.</SignersName>\n"
    "        <SignatureData>hu3IA2T2ovuHqZmm759L+13LoqEn0Sv2N7/pFBP"
    "+xUxqGOoSwNQPdfrR3kO7//8amK0pCXVsXE5MorNrbiKyZRtsMH1VygN2o1fL6"
    "8ZDQrFdeT/z2+aAxipcxA4b5fGJXPSMUU9Q05yhaZ/NA6phfOYTRV8xpVQoT98"
    "hu1sMtsLo1Q4xR4GIyJiejqgE4QcGK4AZj/6fPjRDEyx3/INwsonl01eKTR48W"
    "m89jDVLWSQ0x4LMUiVS1q230taPMaqTYfPRNLeH31YrTpiCHWrRfDlMzTJeKj4"
    "jTQ4hzNasV9XvHCByxcsaDx0kSFxY1hETZLfSBU92aq+6cTckCqiCxg==</Sig"
    "natureData>\n"
    "      </Signature>\n"
    "    </RequestBundle>\n"
    "  </Request>\n"
    "</KSR>\n";

/* The second bundle of its response, skr-root-2017-q2-0.xml. */
static const char response[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<KSR id=\"23e34059-7725-46a8-a7d2-662d657aab2b\" domain=\".\" "
    "serial=\"1\">\n"
    "  <Response>\n"
    "    <ResponsePolicy>\n"
    "      <KSK>\n"
    "        <PublishSafety>PT0S</PublishSafety>\n"
    "        <RetireSafety>P28D</RetireSafety>\n"
    "        <MaxSignatureValidity>P21D</MaxSignatureValidity>\n"
    "        <MinSignatureValidity>P21D</MinSignatureValidity>\n"
    "        <MaxValidityOverlap>P16D</MaxValidityOverlap>\n"
    "        <MinValidityOverlap>P9D</MinValidityOverlap>\n"
    "        <SignatureAlgorithm algorithm=\"8\">\n"
    "          <RSA size=\"2048\" exponent=\"65537\"/>\n"
    "        </SignatureAlgorithm>\n"
    "      </KSK>\n"
    "      <ZSK>\n"
    "        <PublishSafety>P10D</PublishSafety>\n"
    "        <RetireSafety>P10D</RetireSafety>\n"
    "        <MaxSignatureValidity>P21D</MaxSignatureValidity>\n"
    "        <MinSignatureValidity>P21D</MinSignatureValidity>\n"
    "        <MaxValidityOverlap>P12D</MaxValidityOverlap>\n"
    "        <MinValidityOverlap>P9D</MinValidityOverlap>\n"
    "        <SignatureAlgorithm algorithm=\"8\">\n"
    "          <RSA size=\"2048\" exponent=\"65537\"/>\n"
    "        </SignatureAlgorithm>\n"
    "      </ZSK>\n"
    "    </ResponsePolicy>\n"
    "    <ResponseBundle id=\"3ea61ea1-43ca-47ce-a9c4-1e5799fb13b7"
    "\">\n"
    "      <Inception>2017-04-11T00:00:00+00:00</Inception>\n"
    "      <Expiration>2017-05-02T00:00:00+00:00</Expiration>\n"
    "      <Key keyIdentifier=\"302e312c302a06035504031323566572695"
    "369676e20444e5353656320526f6f7420414c47382032303438205a534b33"
    "\" keyTag=\"14796\">\n"
    "        <TTL>172800</TTL>\n"
    "        <Flags>256</Flags>\n"
    "        <Protocol>3</Protocol>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <PublicKey>AwEAAZLsvvPf/WDYE8L8ZUOiXEN9PSg3Nqyqu8WWKVu"
    "4LIvPW77Y0W1mBgmroFEHxzA9zM2edQbYIFhj536sx3fj1bx4n8yKwQ0y1MYkX"
    "vgU3aKWf0jnm8qz5RPVa4iEUgP5og/70muAXmo38Ru10asc3SNtN2OlAT1Tivp"
    "+U4JUlVA8ICvierUPg2Kgf2gtNFhuqMTx/IHrE5DdV+Z/rmHGqESe/mnaDzHdF"
    "nKy7Ma5zcPTekmwZ86CnG+vNWMT6wiO56YSAaiHX0jSCjmkL7JzT3xpp/vtoWL"
    "K1rir70i6NbsU48sPZOHLfhwzbownewAsng0QqMOcVcmhl6ifE3C/vjE=</Pub"
    "licKey>\n"
    "      </Key>\n"
    "      <Key keyIdentifier=\"Kjqmt7v\" keyTag=\"19036\">\n"
    "        <TTL>172800</TTL>\n"
    "        <Flags>257</Flags>\n"
    "        <Protocol>3</Protocol>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <PublicKey>AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29euxhJhVVLOy"
    "QbSEW0O8gcCjFFVQUTf6v58fLjwBd0YI0EzrAcQqBGCzh/RStIoO8g0NfnfL2M"
    "TJRkxoXbfDaUeVPQuYEhg37NZWAJQ9VnMVDxP/VHL496M/QZxkjf5/Efucp2ga"
    "DX6RS6CXpoY68LsvPVjR0ZSwzz1apAzvN9dlzEheX7ICJBBtuA6G3LQpzW5hOA"
    "2hzCTMjJPJ8LbqF6dsV6DoBQzgul0sGIcGOYl7OyQdXfZ57relSQageu+ipAdT"
    "TJ25AsRTAoub8ONGcLmqrAmRLKBP1dfwhYB4N7knNnulqQxA+Uk1ihz0=</Pub"
    "licKey>\n"
    "      </Key>\n"
    "      <Signature keyIdentifier=\"Kjqmt7v\">\n"
    "        <TTL>172800</TTL>\n"
    "        <TypeCovered>DNSKEY</TypeCovered>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <Labels>0</Labels>\n"
    "        <OriginalTTL>172800</OriginalTTL>\n"
    "        <SignatureExpiration>2017-05-02T00:00:00+00:00</Signat"
    "ureExpiration>\n"
    "        <SignatureInception>2017-04-11T00:00:00+00:00</Signatu"
    "reInception>\n"
    "        <KeyTag>19036</KeyTag>\n"
    "        <SignersName>.</SignersName>\n"
    "        <SignatureData>FGzicZ5KyVzjO6Fj3Mb3KTnwxJwZNMcYO6pHdGj"
    "Ai/7SZwghk9sSkxz6Uf7coJmUsdjWzYIjNmAbtnnADsAZXRbM8N8rFjgb+8XRa"
    "BJ2ywUJ0n1UFZryZvonkqkuNR8ggUo+z1LYAcF/Y4UQTBbHmC2ag4CQ6orfTAG"
    "bVnwPXSdCFy1XK0xslO4+k8/2AyzWyhv9gm3js2AHn2qNW2dr0jY43GuyUMbAO"
    "yHj3oquqHqbtuZE0TjerCcqQZCyM7HBIqenpDBNZFweUnRRIhaLZyaMUCMgmlQ"
    "tTPyMwDJZlLAtwX0lTbpkOtYKREKj9h/jlGaaENq0s381Yxj8ho1p7A==</Sig"
    "natureData>\n"
    "      </Signature>\n"
    "    </ResponseBundle>\n"
    "  </Response>\n"
    "</KSR>\n";

const struct selftest_case selftest_cases[] = {
	{
		.id = "SELF-SHA256",
		.title = "SHA-256 of one block",
		.source = "FIPS 180-2 appendix B.1",
		.run = selftest_sha256,
		.texts = {
		    "abc",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
		    "ad" },
	},
	{
		.id = "SELF-SHA256-LONG",
		.title = "SHA-256 of two blocks",
		.source = "FIPS 180-2 appendix B.2",
		.run = selftest_sha256,
		.texts = {
		    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06"
		    "c1" },
	},
	{
		.id = "SELF-WORDS",
		.title = "PGP words, both ways",
		.source = "the fingerprint that explains the PGP word list",
		.run = selftest_words,
		.texts = {
		    "e58294f2e9a227486e8b061b31cc528fd7fa3f19",
		    "topmost Istanbul Pluto vagabond treadmill Pacific brackish dic"
		    "tator goldfish Medusa afflict bravado chatter revolver Dupont "
		    "midsummer stopwatch whimsical cowbell bottomless" },
	},
	{
		.id = "SELF-TAG",
		.title = "key tag",
		.source = "RFC 4034 section 5.4",
		.run = selftest_tag,
		.texts = {
		    "256 5",
		    "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9B"
		    "MzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6D"
		    "hweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
		    "60485" },
	},
	{
		.id = "SELF-DS",
		.title = "DS digest",
		.source = "RFC 4509 section 2.3",
		.run = selftest_ds,
		.texts = {
		    "256 5",
		    "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9B"
		    "MzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6D"
		    "hweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==",
		    "dskey.example.com",
		    "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da5"
		    "0a" },
	},
	{
		.id = "SELF-DS-ROOT",
		.title = "DS digest of the root, KSK-2010",
		.source = "IANA, root-anchors.xml",
		.run = selftest_ds,
		.texts = {
		    "257 8",
		    "AwEAAagAIKlVZrpC6Ia7gEzahOR+9W29euxhJhVVLOyQbSEW0O8gcCjFFVQUTf"
		    "6v58fLjwBd0YI0EzrAcQqBGCzh/RStIoO8g0NfnfL2MTJRkxoXbfDaUeVPQuYE"
		    "hg37NZWAJQ9VnMVDxP/VHL496M/QZxkjf5/Efucp2gaDX6RS6CXpoY68LsvPVj"
		    "R0ZSwzz1apAzvN9dlzEheX7ICJBBtuA6G3LQpzW5hOA2hzCTMjJPJ8LbqF6dsV"
		    "6DoBQzgul0sGIcGOYl7OyQdXfZ57relSQageu+ipAdTTJ25AsRTAoub8ONGcLm"
		    "qrAmRLKBP1dfwhYB4N7knNnulqQxA+Uk1ihz0=",
		    ".",
		    "49aac11d7b6f6446702e54a1607371607a1a41855200fd2ce1cdde32f24e8f"
		    "b5" },
	},
	{
		.id = "SELF-RSASHA256",
		.title = "RSA with SHA-256 verified",
		.source = "RFC 5702 section 6.1",
		.run = selftest_signature,
		.texts = {
		    "256 8",
		    "AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36Bponcwtk"
		    "Z4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
		    "9033",
		    "0001080300000e1070dbd880386d43802349076578616d706c65036e657400"
		    "03777777076578616d706c65036e6574000001000100000e100004c000025b",
		    "kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85m"
		    "wlMgNEacFYK/lPtPiVYP4bwg==" },
	},
	{
		.id = "SELF-RSASHA512",
		.title = "RSA with SHA-512 verified",
		.source = "RFC 5702 section 6.2",
		.run = selftest_signature,
		.texts = {
		    "256 10",
		    "AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnW"
		    "njJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J"
		    "2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
		    "3740",
		    "00010a0300000e1070dbd880386d43800e9c076578616d706c65036e657400"
		    "03777777076578616d706c65036e6574000001000100000e100004c000025b",
		    "tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0x"
		    "DtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa"
		    "8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=" },
	},
	{
		.id = "SELF-ECDSAP256",
		.title = "ECDSA P-256 verified",
		.source = "RFC 6605 section 6.1",
		.run = selftest_signature,
		.texts = {
		    "257 13",
		    "GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNc"
		    "P+e+MAnLr+Wi9xMWyQLc8NAA==",
		    "55648",
		    "00010d0300000e104c88b1374c63c737d960076578616d706c65036e657400"
		    "03777777076578616d706c65036e6574000001000100000e100004c0000201",
		    "qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZo"
		    "LBLlUzGGus7ZwmwWep666VCw==" },
	},
	{
		.id = "SELF-ECDSAP384",
		.title = "ECDSA P-384 verified",
		.source = "RFC 6605 section 6.2",
		.run = selftest_signature,
		.texts = {
		    "257 14",
		    "xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5"
		    "RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI3"
		    "7m40",
		    "10771",
		    "00010e0300000e104c88b4e94c63cae92a13076578616d706c65036e657400"
		    "03777777076578616d706c65036e6574000001000100000e100004c0000201",
		    "/L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzF"
		    "axsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGip"
		    "WcJm" },
	},
	{
		.id = "SELF-ED25519",
		.title = "Ed25519 verified",
		.source = "RFC 8080 section 6.1, with the two labels of its owner",
		.run = selftest_signature,
		.texts = {
		    "257 15",
		    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
		    "3613",
		    "000f0f0200000e1055d4fc6055b94ce00e1d076578616d706c6503636f6d00"
		    "076578616d706c6503636f6d00000f000100000e100014000a046d61696c07"
		    "6578616d706c6503636f6d00",
		    "oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A"
		    "4M3e23mRZ9VrbpMngwcrqNAg==" },
	},
	{
		.id = "SELF-READ-REQUEST",
		.title = "request read and written",
		.source = "IANA, root key ceremony archive, 2017-q2",
		.run = selftest_document,
		.texts = {
		    request,
		    "bfe7b2096a1b9416d9a4e3ca44a57746cb56f966b930719cefdc88b57258e0"
		    "a8",
		    "request 23e34059-7725-46a8-a7d2-662d657aab2b 1 ., 1 bundles, 1"
		    " keys, 1 signatures" },
	},
	{
		.id = "SELF-READ-RESPONSE",
		.title = "response read and written",
		.source = "IANA, root key ceremony archive, 2017-q2",
		.run = selftest_document,
		.texts = {
		    response,
		    "812433362cd4ccd8acbb6cc2a069854ef9a532adbd038506fef6d15869fdfa"
		    "a1",
		    "response 23e34059-7725-46a8-a7d2-662d657aab2b 1 ., 1 bundles, "
		    "2 keys, 1 signatures" },
	},
	{
		.id = "SELF-POSSESSION",
		.title = "a ZSK's proof of possession",
		.source = "IANA, root key ceremony archive, 2017-q2",
		.run = selftest_possession,
		.texts = {
		    request,
		    "bfe7b2096a1b9416d9a4e3ca44a57746cb56f966b930719cefdc88b57258e0"
		    "a8" },
	},
	{
		.id = "SELF-COVERED",
		.title = "what a KSK signs, and its signature",
		.source = "IANA, root key ceremony archive, 2017-q2",
		.run = selftest_covered,
		.texts = {
		    response,
		    "812433362cd4ccd8acbb6cc2a069854ef9a532adbd038506fef6d15869fdfa"
		    "a1",
		    "95fbb02605fc8afc1a3e6269e714eae3e6df95001ed7b4309a8f1334736e3e"
		    "29",
		    "49aac11d7b6f6446702e54a1607371607a1a41855200fd2ce1cdde32f24e8f"
		    "b5" },
	},
	{
		.id = "SELF-INDEPENDENT",
		.title = "the same signature through ldns",
		.source = "IANA, root key ceremony archive, 2017-q2",
		.run = selftest_independent,
		.texts = {
		    response,
		    "812433362cd4ccd8acbb6cc2a069854ef9a532adbd038506fef6d15869fdfa"
		    "a1" },
	},
};

const size_t selftest_n_cases = ARRAY_LEN(selftest_cases);
