"""Mistakes: where and why a run's network is wrong, and the images behind each number."""

from cifar_core.ui import resources
from cifar_core.ui.mistakes.choosing import choose_subject
from cifar_core.ui.mistakes.image_view import follow_image_link
from cifar_core.ui.mistakes.panes import draw_panes
from cifar_core.ui.news import tell_news
from cifar_core.ui.page import page

with page("Mistakes"):
    subject = choose_subject(resources.run_store())
    if subject is not None:
        follow_image_link(subject)
        draw_panes(subject)
    tell_news()
