"""The reference's webservices, ``/workers/*.php``: software written for them runs unchanged."""
