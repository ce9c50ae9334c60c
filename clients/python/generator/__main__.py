"""Writes the generated modules."""

from clients.python.generator.files import FOLDER, files


def main() -> None:
    for name, text in files().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
