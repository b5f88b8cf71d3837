"""The canonical ABI: how component values travel through core functions and linear memory."""
