"""Write the JSON Schema of every public contract beside this file.

python docs/schemas/write.py
"""

from __future__ import annotations

import json
from pathlib import Path

from advisor import schemas


def main() -> None:
    """Write a file a contract, and remove those of contracts that are gone."""
    folder = Path(__file__).parent
    written = {name: json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n" for name, schema in schemas().items()}
    for old in folder.glob("*.json"):
        if old.stem not in written:
            old.unlink()
    for name, text in written.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
