"""An analysis or a history in words and pictures: blocks, drawn by the terminal and by the page; JSON beside them."""
