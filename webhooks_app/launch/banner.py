"""What `python app.py` prints once it runs."""

from webhooks_app.launch.plan import StartPlan

NO_DEMO = """\
  Log in    as a member of an organisation; create one with
            DATA_DIR={data_dir} flask --app app create-organisation NAME \\
              --owner EMAIL --password PASSWORD
"""

KNOWN_DEMO = """\
  Log in    {demo.owner.email} (owner), {demo.viewer.email} (viewer)
  Secrets   their passwords and the API key are in {data_dir}/demo.json
"""

NEW_DEMO = """\
  Log in    {demo.owner.email}  {demo.owner.password}  (owner)
            {demo.viewer.email}  {demo.viewer.password}  (viewer)
  API key   {demo.api_key}

Send a first event:

  curl {url}/api/v1/events \\
    -H 'Authorization: Bearer {demo.api_key}' -H 'Content-Type: application/json' \\
    -d '{{"type": "lead.captured", "subject": {{"type": "chatbot", "id": "bot_demo"}},
         "data": {{"name": "Ada", "email": "ada@example.com"}}}}'

and watch it arrive: {url}/test-webhook/{demo.inbox_token}
"""


def banner(plan: StartPlan) -> str:
    """Print passwords and the key at the first start only, so that they are not in every log."""
    url = plan.site.url
    data_dir = plan.settings.data_dir
    demo = NEW_DEMO if plan.demo_is_new else KNOWN_DEMO
    template = demo if plan.demo else NO_DEMO
    middle = template.format(demo=plan.demo, url=url, data_dir=data_dir)
    return (
        f"\n{plan.settings.brand_name} is running. Ctrl-C stops everything.\n\n"
        f"  URL       {url}\n"
        f"  Data      {data_dir}\n"
        f"{middle}"
    )
