"""One ruleset in the styles in which people and programs write YAML."""

_PEOPLES = """\
# yaml-language-server: $schema=../x

format:   1
ruleset:  on-close
step: 'opportunity-to-quote'
hit_policy: first # default
otherwise: {ignore: "x"}
rules:
# one
-   id: a
    title: 'A: quoted'   # t
    when:
        all:
        -   field: opportunity.stage  # f
            is: closed_won
        # two
        -   {field: opportunity.name, contains: "x"} # n
    then:
        hold: >-
            because
            of it
# three
-
    id: b
    when: {
      field: opportunity.amount,   # money
      at_least: {amount: 5000, currency: EUR}
    }
    then: convert
-   # odd
    id: c
    mode: "on"
    when:
      any: [{field: opportunity.stage, is_any_of: [closed_won,
          closed_lost]}, {no: files}]
    then: convert
"""
_PROGRAMS = """\
{"format":1,"ruleset":"on-close","step":"opportunity-to-quote",
 "rules":[
  {"id":"a","when":{"all":[{"field":"opportunity.stage","is":"closed_won"},{"field":"opportunity.name","contains":"x"}]},
   "then":{"hold":"because"}},
  {"id":"b","when":{"field":"opportunity.amount","at_least":{"amount":5000,"currency":"EUR"}},"then":"convert"},
  {"id":"c","when":{"any":[{"field":"opportunity.stage","is_any_of":["closed_won"]},{"no":"files"}]},"then":"convert"}
 ]}
"""

LAYOUTS = {
    "indentless lists, four spaces, folded text, brackets over lines": _PEOPLES,
    "no line end at the end": _PEOPLES.rstrip(),
    "marks of the document": f"---\n{_PEOPLES}...\n# the end\n",
    "a byte order mark": f"\ufeff{_PEOPLES}",
    "JSON": _PROGRAMS,
    "comments in brackets": _PROGRAMS.replace('"rules":[', '"rules":[ # r').replace(
        '"convert"},\n', '"convert"}, # c\n', 1
    ),
    "question marks": _PEOPLES.replace("step: 'opp", "? step\n: 'opp"),
    "tabs in comments and quotes": _PEOPLES.replace("# default", "#\tdefault").replace("A: quoted", "A:\tquoted"),
    "literal text with its empty lines": _PEOPLES.replace(">-", "|+ # lit").replace(
        "            of it\n", "            of it\n\n\n"
    ),
    "spaces of other scripts": _PEOPLES.replace("# one", "# one \u00a0 two \u3000 three"),
    "Unicode": _PEOPLES.replace("A: quoted", "Müßig & Söhne – شركة التبريد").replace("# one", "# eins – واحد"),
}
