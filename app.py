"""`flask --app app …` and any WSGI server find `app`; `python app.py` runs the whole product."""

import signal

if __name__ == "__main__":
    # Until all is loaded, Ctrl-C ends it without a word.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from webhooks_app.launch import main

    raise SystemExit(main())

from webhooks_app.wsgi import app

__all__ = ["app"]
