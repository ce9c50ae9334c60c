"""`python worker.py`: workers and a beat, anywhere, against DATABASE_URL and REDIS_URL."""

from webhooks_app.launch.worker import main

if __name__ == "__main__":
    main()
