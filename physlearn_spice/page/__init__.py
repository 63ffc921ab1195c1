"""``physlearn report``: one HTML page, with all that it needs inside, from a folder of results."""

from .document import page_of, write_page

__all__ = ["page_of", "write_page"]
