"""`python -m leadpact.grafana --out deploy/grafana/dashboards` writes the dashboards again."""

import argparse
from pathlib import Path

from leadpact.grafana.writing import rendered

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="leadpact.grafana", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the dashboards' JSON files")
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in rendered().items():
        (folder / name).write_text(text)
