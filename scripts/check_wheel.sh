#!/usr/bin/env bash
# Build the wheel, install it alone in a new environment, and use it from another folder:
# prints the size on disk, what must not be there, start-up times and a prediction.
#
#   scripts/check_wheel.sh [PYTHON]
set -euo pipefail
python=${1:-python3}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$root" "$work/source"
rm -rf "$work/source/build" "$work"/source/*.egg-info
"$python" -m venv "$work/env"
empty=$(du -sm "$work/env" | cut -f1)
"$work/env/bin/pip" wheel --quiet --no-deps --wheel-dir "$work/wheel" "$work/source"
"$work/env/bin/pip" install --quiet "$work"/wheel/*.whl
echo "wheel: $(du -m "$work"/wheel/*.whl | cut -f1) MB; environment: $(du -sm "$work/env" | cut -f1) MB, of which $empty MB venv and pip"

for name in torch transformers datasets pandas sklearn; do
  if "$work/env/bin/python" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('$name') is None)"; then
    echo "error: the light install brings $name" >&2
    exit 1
  fi
done

cp "$root"/data/samples/*.txt "$work/"
cd "$work"
article=$(basename "$(ls -- *.txt | head -1)")
time "$work/env/bin/phoihop" version
time "$work/env/bin/phoihop" predict "$article" --format jsonl > prediction.jsonl
"$work/env/bin/python" - prediction.jsonl "$article" <<'PY'
import json, pathlib, sys
found = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
text = pathlib.Path(sys.argv[2]).read_text(encoding="utf-8")
assert found["entities"] and all(text[e["start"]:e["end"]] == e["text"] for e in found["entities"])
print(len(found["entities"]), "entities,", len(found["officials"]), "officials,", len(found["agreements"]), "agreements")
PY
