"""What an exported journal says of itself: the text of ``README.txt``, in French first, then in English."""

README = """\
JOURNAL DES ENCAISSEMENTS : EXPORT
==================================

Ce dossier (ou cette archive ZIP) contient le journal complet d'un commerce, tel qu'il a été scellé. Rien n'y manque
et rien n'y a été changé si le vérificateur le dit :

    python3 verify_export.py CHEMIN_DE_CET_EXPORT
    python3 verify_export.py CHEMIN --checkpoint POINT_DE_CONTROLE.txt     (un point de contrôle sorti du commerce)
    python3 verify_export.py CHEMIN --receipt PREUVE.txt                   (la preuve remise avec un ticket)

Il ne demande que Python 3.11 ; le paquet « cryptography » sert à vérifier les signatures. Résultat : 0 tout est prouvé,
1 le journal est rompu (chaque rupture est nommée), 2 la vérification n'a pas pu se faire entièrement.
Sans point de contrôle extérieur (ticket, courriel de clôture, archive), des lignes ôtées à la fin ne se voient pas.

Fichiers
  manifest.json                    commerce, logiciel, et pour chaque génération : première et dernière séquence, nombre
                                   d'écritures, racine, dernier point de contrôle, premiers et derniers numéros de
                                   ticket par série ; empreintes SHA-256 des fichiers
  generation-N/entries.ndjson      les écritures, une par ligne, octet pour octet comme elles ont été scellées
  generation-N/checkpoints.ndjson  les points de contrôle : taille, version de la clé, note signée (C2SP)
  generation-N/keys.txt            les clés publiques (vkey), une par ligne, dans l'ordre de leurs versions
  verify_export.py                 le vérificateur, en un fichier lisible

Une génération est un journal ; il n'y en a une deuxième que si le commerce a été restauré d'une sauvegarde.

Écriture (en-tête)
  v        version du format                         at        heure civile locale avec décalage
  shop     identifiant du commerce                   zone      fuseau horaire
  gen      génération                                conf      position de la dernière configuration
  seq      séquence, à partir de 0                   soft      version du logiciel
  till     caisse (0 : le moteur lui-même)           training  mode école
  op       opérateur (0 : personne)                  about     identifiant refusé dont il s'agit
  cmd      identifiant de la commande                salt      16 octets aléatoires
  mac      empreinte à clé de la commande            chain     chaînons : of (sorte), n (numéro), prev (empreinte
  rec      les faits scellés                                   de l'écriture précédente de la même chaîne)

Faits (champ « is »)
  sales.posted    ticket de vente          cash.opened        ouverture de caisse
  sales.refunded  ticket de remboursement  cash.closed        clôture de caisse
  sales.paid      règlement ultérieur      kernel.event       journal des événements techniques (JET)
  sales.copied    duplicata                kernel.row_put     réglage ajouté ou changé
  kernel.genesis  début d'un journal       kernel.row_removed réglage supprimé
  kernel.key_rotated  changement de clé

Ticket : series et no (numéro comptable sans trou), lines (id, p article, d rayon, l libellé, q quantité en millièmes,
u prix unitaire en dix-millièmes, b base, x parts de remises, a montant, r rang du taux, t part de TVA), rates (c taux,
r en millièmes de pour cent, g TTC, v TVA, n HT), disc (remises), total, legs (règlements : tendered remis,
counted compté, change rendu, tip pourboire, rounding arrondi, kept conservé), due (reste dû). Montants en centimes.

Calculs : feuille = SHA-256(0x00 || écriture), arbre de la RFC 6962 sur toutes les feuilles dans l'ordre, racine signée
(Ed25519) à chaque groupe. prev est la feuille de l'écriture précédente de la même caisse, sorte et mode (école ou non).


IN ENGLISH
==========

The whole journal of one shop as it was sealed. ``verify_export.py`` (Python 3.11, and ``cryptography`` for signatures)
proves it: 0 all proven, 1 broken (every break is named), 2 not wholly checked. ``--checkpoint`` takes a signed
checkpoint that left the shop and finds entries cut off at the end; ``--receipt`` takes the proof given with a receipt.

entries.ndjson holds one entry a line, byte for byte as sealed; checkpoints.ndjson one object a line with ``size``,
``key`` (version) and ``note`` (C2SP signed note); keys.txt the public keys in the order of their versions;
manifest.json first and last numbers, sizes, roots and SHA-256 of the files. A leaf is SHA-256(0x00 || entry without its
newline); leaves in order form one RFC 6962 tree per generation. The header's fields and the records are listed above;
amounts are minor units, unit prices 1/10 000, quantities 1/1000, rates 1/1000 of a percent.
"""
"""The text; plain enough for whoever opens the export without the software."""
