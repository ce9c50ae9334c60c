"""`flask --app app …` and any WSGI server find `app`; `python app.py` runs the whole product."""

from webhooks_app import create_app

if __name__ == "__main__":
    from webhooks_app.launch import main

    raise SystemExit(main())

app = create_app()
