"""What a browser says of itself, in plain words. Pure: no database, no clock, no request.

Only what tells a person their own devices apart: the make of the browser and the system, no versions. Anybody may
send any User-Agent, so nothing is decided by it; it is shown, and a new one is announced.
"""

from dataclasses import dataclass

from app.i18n import gettext
from app.i18n import mark as _

OTHER = "other"

_BROWSERS = (
    # Most browsers also claim to be those below them here.
    ("edge", _("Edge"), ("edg/", "edga/", "edgios/", "edge/")),
    ("opera", _("Opera"), ("opr/", "opera", "opt/", "opios/")),
    ("samsung", _("Samsung Internet"), ("samsungbrowser/",)),
    ("uc", _("UC Browser"), ("ucbrowser/",)),
    ("yandex", _("Yandex Browser"), ("yabrowser/",)),
    ("huawei", _("Huawei Browser"), ("huaweibrowser/",)),
    ("firefox", _("Firefox"), ("firefox/", "fxios/")),
    ("chrome", _("Chrome"), ("chrome/", "crios/", "chromium/")),
    ("safari", _("Safari"), ("safari/",)),
)
_SYSTEMS = (
    ("iphone", _("iPhone"), ("iphone", "ipod")),
    ("ipad", _("iPad"), ("ipad",)),
    ("android", _("Android"), ("android",)),
    ("chromeos", _("ChromeOS"), ("cros ",)),
    ("windows", _("Windows"), ("windows",)),
    ("mac", _("Mac"), ("macintosh", "mac os x")),
    ("linux", _("Linux"), ("linux", "x11")),
)


@dataclass(frozen=True, slots=True)
class Device:
    """A make of browser on a make of system."""

    browser: str
    system: str

    @property
    def family(self) -> str:
        """What counts as the same device."""
        return f"{self.browser}/{self.system}"

    @property
    def on_phone(self) -> bool:
        """Whether it is held in the hand."""
        return self.system in {"iphone", "ipad", "android"}


def device_of(user_agent: str) -> Device:
    """What a User-Agent header tells."""
    text = user_agent.casefold()
    browser = next((key for key, _words, marks in _BROWSERS if any(mark in text for mark in marks)), OTHER)
    system = next((key for key, _words, marks in _SYSTEMS if any(mark in text for mark in marks)), OTHER)
    return Device(browser, system)


def words(user_agent: str) -> str:
    """The same for the reader, such as “Chrome on Windows”."""
    device = device_of(user_agent)
    browser = next((gettext(words) for key, words, _marks in _BROWSERS if key == device.browser), "")
    system = next((gettext(words) for key, words, _marks in _SYSTEMS if key == device.system), "")
    if browser and system:
        return gettext("%(browser)s on %(system)s", browser=browser, system=system)
    if system:
        return gettext("A browser on %(system)s", system=system)
    return browser or gettext("A device that does not say what it is")
